"""The editor in Chromium: how soon the text of a large document is there, and how soon a key's character is seen.

Beside the site's editor, on the same text: TipTap with Yjs but no network, and TipTap alone, from the same server. The
pages measure themselves: a frame has been painted when a message arrives that was posted in its
`requestAnimationFrame`; the clock is `performance.now()`, which begins with the navigation, and a key begins with its
event. What a key costs the main thread comes from DevTools (`TaskDuration` of Performance.getMetrics).
"""

import base64
import gzip
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Error, Page, StorageState, sync_playwright
from pycrdt import Doc, XmlElement, XmlFragment

from .document import FIELD, paragraphs
from .engine import Yroom
from .others import NODE, npm
from .server import CORES, FOLDER, HERE, Server, free_port, run

OPENINGS = 5
WARM = 5
KEYS = 50
PAUSE = 120  # milliseconds between keys

WATCH = """
(() => {
  const painted = (then) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => then(performance.now());
    port2.postMessage(null);
  });
  window.firstText = new Promise((resolve) => {
    const look = () => document.querySelector("#editor p")?.textContent.length > 20
      ? painted(resolve) : requestAnimationFrame(look);
    requestAnimationFrame(look);
  });
  window.editable = () => new Promise((resolve) => {
    const look = () => document.querySelector(".ProseMirror[contenteditable=true]")
      ? resolve() : requestAnimationFrame(look);
    look();
  });
  window.keys = [];
  let pressed = 0;
  addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
  addEventListener("input", () => { const at = pressed; painted((now) => window.keys.push(now - at)); }, true);
})();
"""


# Makes the document in the site's own form, and what is made of it once it has been quiet for a minute.
FILL = """
import json
from types import SimpleNamespace
from accounts.models import User
from pycrdt import Doc
from rooms.first_look import keep_first_look
from rooms.models import Room
from rooms.text.read import ReadLine, Reading
from rooms.text.tree import Node
from rooms.text.write import write
from yroom.models import RoomSnapshot
from yroom.store.database import snapshot_values

with open({lines!r}) as file:
    lines = [Node("paragraph", content=(Node("text", text=line),) if line else ()) for line in json.load(file)]
doc = Doc()
write(doc, Reading([ReadLine({{}}, line) for line in lines]))
state = doc.get_update()
room = Room.objects.create(owner=User.objects.get(email="demo@example.com"), title="Large")
RoomSnapshot.objects.create(room=room.yroom_name, **snapshot_values(state))
keep_first_look(room, SimpleNamespace(state=lambda: state, is_news=True))
print(room.pk)
"""


class SiteEditor(Yroom):
    """A generated site as it is, with its login, its rooms and its editor."""

    name = "editor"
    label = "the site's editor"
    page = ""

    @classmethod
    def built(cls) -> Path:
        """Where the pages lie that have TipTap without a site, and how large all are."""
        return cls.engine.site / "static-built" / "bench"

    @classmethod
    def install(cls) -> None:
        super().install()
        npm("ci", "--no-audit", "--no-fund", cwd=cls.engine.site)
        npm("run", "build", cwd=cls.engine.site)
        shutil.copy(HERE / "rivals" / "tiptap.mjs", cls.engine.site)
        run(NODE / "programs" / "node", "tiptap.mjs", cls.built(), cwd=cls.engine.site)
        lines = _lines()
        blocks = [{"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []} for line in lines]
        data = {"alone": {"type": "doc", "content": blocks}, "yjs": base64.b64encode(paragraphs(FOLDER)).decode()}
        first = json.loads((cls.built().parent / "editor" / "first-load.json").read_text())["text"]
        scripts = [cls.built().parent / name for name in ("editor/editor.js", *first)]
        sizes = {"editor": cls.compressed(*scripts)}
        for page, content in data.items():
            (cls.built() / f"{page}.html").write_text(
                f"<!doctype html><meta charset=utf-8><title>{page}</title><div id=editor></div>"
                f'<script id=content type="application/json">{json.dumps(content)}</script>'
                f"<script type=module src={page}.js></script>"
            )
            sizes[page] = cls.compressed(cls.built() / f"{page}.js")
        (cls.built() / "sizes.json").write_text(json.dumps(sizes))
        # As a browser gets it in production: compressed.
        collect = ("manage.py", "collectstatic", "--no-input", "--clear", "--verbosity=0")
        run(cls.engine.programs / "python", *collect, cwd=cls.engine.site, env=cls.environment(cls.engine.site))

    @staticmethod
    def compressed(*scripts: Path) -> float:
        """Kilobytes of scripts, gzipped."""
        return sum(len(gzip.compress(script.read_bytes())) for script in scripts) / 1000

    @classmethod
    def environment(cls, data: Path) -> dict[str, str]:
        return {**cls.engine.environment(data), "DJANGO_SETTINGS_MODULE": "bench_browser_settings"}

    def launch(self) -> None:
        env = self.environment(self.folder)
        shutil.copy(self.engine.empty, self.folder)
        manage = (self.engine.programs / "python", "manage.py")
        run(*manage, "demo", cwd=self.engine.site, env={**env, "DEBUG": "1"})
        (self.folder / "lines.json").write_text(json.dumps(_lines()))
        code = FILL.format(lines=str(self.folder / "lines.json"))
        room = run(*manage, "shell", "--no-imports", "-c", code, cwd=self.engine.site, env=env).split()[-1]
        port = free_port()
        command = [part.replace("$PORT", str(port)) for part in self.engine.command("web", "config.asgi")]
        self.spawn(*command, cwd=self.engine.site, env=env, port=port)
        self.urls = [f"http://127.0.0.1:{port}"]
        self.page = f"/static/bench/{self.page}.html" if self.page else f"/rooms/{room}/"

    def kilobytes(self) -> float:
        """Script that the page fetches before it shows a text, gzipped."""
        sizes: dict[str, float] = json.loads((self.built() / "sizes.json").read_text())
        return sizes[Path(self.page).stem if self.page.endswith(".html") else "editor"]


class TipTapYjs(SiteEditor):
    name = "tiptap-yjs"
    label = "TipTap with Yjs, no network"
    page = "yjs"


class TipTap(SiteEditor):
    name = "tiptap"
    label = "TipTap alone"
    page = "alone"


PAGES: dict[str, type[Server]] = {kind.name: kind for kind in (SiteEditor, TipTapYjs, TipTap)}


def _lines() -> list[str]:
    doc: Doc[XmlFragment] = Doc()
    doc.apply_update(paragraphs(FOLDER))
    return [_text(each) for each in doc.get(FIELD, type=XmlFragment).children]


def _text(paragraph: Any) -> str:
    assert isinstance(paragraph, XmlElement)
    return "".join(str(child) for child in paragraph.children)


def measure(server: Server) -> dict[str, float]:
    """Open a page several times, each with an empty cache, then type in the middle of its text."""
    assert isinstance(server, SiteEditor)
    texts: list[float] = []
    with _chromium() as browser:
        session = _log_in(browser, server.urls[0])
        for last in [False] * (OPENINGS - 1) + [True]:
            context = browser.new_context(storage_state=session)
            context.add_init_script(WATCH)
            page = context.new_page()
            page.goto(server.urls[0] + server.page)
            texts.append(float(page.evaluate("() => window.firstText")))
            if not last:
                context.close()
        keys, busy = _type(page)
    return {
        "text_ms": median(texts),
        "key_ms": median(keys),
        "key_p95_ms": sorted(keys)[len(keys) * 95 // 100],
        "key_cpu_ms": busy,
        "script_kb": server.kilobytes(),
        "void": 0.0,
    }


def _log_in(browser: Browser, url: str) -> StorageState:
    page = browser.new_page()
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("E-mail address").fill("demo@example.com")
    page.get_by_label("Password").fill("demo-password")
    page.get_by_label("Password").press("Enter")
    page.wait_for_url(f"{url}/")
    session = page.context.storage_state()
    page.close()
    return session


def _type(page: Page) -> tuple[list[float], float]:
    """Milliseconds of each key until it is seen, and of the main thread for one."""
    page.evaluate("() => window.editable()")
    page.wait_for_timeout(1500)  # what a page does once it is open is not the keys' cost
    blocks = page.locator(".ProseMirror > p")
    blocks.nth(blocks.count() // 2).click()
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def busy() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return next(1000 * float(each["value"]) for each in metrics if each["name"] == "TaskDuration")

    page.keyboard.type("e" * WARM, delay=PAUSE)
    before = busy()
    page.keyboard.type("e" * KEYS, delay=PAUSE)
    page.wait_for_timeout(PAUSE)
    cost = (busy() - before) / KEYS
    keys = [float(key) for key in page.evaluate("() => window.keys")][WARM:]
    if len(keys) != KEYS:
        raise OSError(f"{len(keys)} of {KEYS} keys were seen")
    return keys, cost


@contextmanager
def _chromium() -> Iterator[Browser]:
    """Playwright's own Chromium, else one that is installed; E2E_BROWSER and E2E_BROWSER_ARGS overrule that."""
    args = os.environ.get("E2E_BROWSER_ARGS", "").split()
    if os.geteuid() == 0:
        args.append("--no-sandbox")  # it does not work for root
    installed = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    candidates = [os.environ["E2E_BROWSER"]] if "E2E_BROWSER" in os.environ else [None, *filter(None, installed)]
    if CORES:
        pinned = os.sched_getaffinity(0)
        os.sched_setaffinity(0, CORES)  # a browser is several processes
    try:
        with sync_playwright() as playwright:
            for candidate in candidates:
                try:
                    browser = playwright.chromium.launch(executable_path=candidate, args=args)
                except Error:
                    continue
                yield browser
                browser.close()
                return
            raise OSError("there is no Chromium on this machine: install it, or set E2E_BROWSER to its path")
    finally:
        if CORES:
            os.sched_setaffinity(0, pinned)

"""People write in one document at random, by keys, mouse, clipboard and input method, on a network that fails them.

However long that goes on, everybody then sees the same, the server reads the same, and every word that nobody who saw
it has taken away stands once and whole. A failing session names its seed: `HUNT_SEED=n` repeats it, as far as browsers
do. `HUNT_ACTS` says how much there is of it, `HUNT_WRITERS` how many write, `HUNT_ONLY=drag,undo` what they do.
"""

import json
import os
import random
import re
import string
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Error

from rooms.text.text import Text
from rooms.text.tree import as_json

from .conftest import EDITOR, OWNER, LogIn, Person, Site
from .people import PATIENCE

LAG, WATCH = ((Path(__file__).parent / name).read_text() for name in ("lag.js", "watch.js"))
ROUND = 12  # acts from one time that all come together to the next
STYLES = [f"Control+Alt+{level}" for level in "0123"] + [f"Control+Shift+{number}" for number in "789"]
BLOCKS = [*STYLES, "Control+Shift+b", "Control+Alt+c"]
MARKS = ["Control+b", "Control+i", "Control+u", "Control+e", "Control+Shift+s", "Control+Shift+h"]
SIGNS = ["# ", "## ", "- ", "1. ", "5) ", "[ ] ", "[x] ", "> ", "``` ", "--- "]
SLASHES = ["heading 2", "bullet", "numbered", "task", "quote", "code", "divider", "restart", "resume", "table"]
TABLE_KEYS = [
    *["Tab"] * 4,
    "Shift+Tab",
    *["Alt+Enter"] * 3,
    "Alt+Shift+Enter",
    *["Control+Alt+Enter"] * 2,
    "Alt+Shift+ArrowUp",
    "Alt+Shift+ArrowDown",
    "Alt+Shift+ArrowLeft",
    "Alt+Shift+ArrowRight",
    "Control+Shift+Backspace",
    "Alt+Shift+Backspace",
]
HTML = [
    "<p>{}</p>",
    "<p>{} <b>{}</b></p><p>{}</p>",
    "<ul><li>{}<ul><li>{}</li></ul></li><li>{}</li></ul>",
    "<ol start='3'><li>{}</li><li>{}</li></ol>",
    "<h2>{}</h2><blockquote><p>{}</p></blockquote>",
    "<pre><code>{}\n{}</code></pre>",
    "<table><tr><th>{}</th><th>{}</th></tr><tr><td>{}</td><td>{}</td></tr></table>",
    "<p><a href='https://example.org/'>{}</a> {}</p>",
]
# What a browser says of a network that is cut off.
# Where marked words are written over, it tries styles that the page forbids, before the editor draws the line itself.
EXPECTED = re.compile(
    "Service Worker registration blocked|Applying inline style|Failed to load resource|WebSocket connection to|net::ERR"
)


class Writer:
    """Somebody who writes, and what is known of the words that they wrote or took away."""

    def __init__(self, person: Person, sign: str, chance: random.Random, errors: list[str]) -> None:
        self.person, self.page, self.keyboard = person, person.page, person.page.keyboard
        self.sign, self.chance, self.errors = sign, chance, errors
        self.fresh: set[str] = set()  # of the act under way
        self.log: list[str] = []
        self.written: set[str] = set()
        self.touched: set[str] = set()
        self.parts: set[str] = set()  # beginnings of words that were taken away while they were written
        self.caret: list[Any] | None = None
        self.is_held = False
        self.page.on("pageerror", lambda error: errors.append(f"{sign}: {error.stack or error}"))
        self.page.on("console", lambda said: self.hear(said.type, f"{said.text} {said.location}"))
        self.page.add_init_script(LAG)
        person.context.grant_permissions(["clipboard-read", "clipboard-write"])

    def hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not EXPECTED.search(text):
            self.errors.append(f"{self.sign}: {text}")

    def open(self, room: str) -> None:
        self.person.open(room)
        self.begin()

    def begin(self) -> None:
        self.page.evaluate(WATCH)
        self.page.evaluate("watch.begin()")
        self.page.evaluate("(least) => (lag.least = least)", self.chance.choice([0, 30, 150]))

    def word(self) -> str:
        """One that stands nowhere yet."""
        made = self.sign + "".join(self.chance.choices(string.ascii_lowercase, k=4))
        if made in self.written | self.fresh:
            return self.word()
        self.fresh.add(made)
        return made

    def type(self, text: str) -> None:
        self.keyboard.type(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keyboard.press(key)
            # No faster than the browser tells the editor of a new selection.
            if re.search("Arrow|Home|End$", key):
                self.page.evaluate("new Promise((done) => setTimeout(done))")

    def often(self, most: int) -> range:
        return range(self.chance.randint(1, most))

    def place(self) -> tuple[float, float] | None:
        found = self.page.evaluate("(part) => watch.place(part)", self.chance.random())
        return (found["x"], found["y"]) if found else None

    def click(self) -> None:
        """Put the caret somewhere."""
        if place := self.place():
            self.page.mouse.click(*place)
            self.page.evaluate("new Promise((done) => setTimeout(done))")

    def here_or_there(self) -> None:
        if self.chance.random() < 0.45:
            self.click()
            if self.chance.random() < 0.3:
                self.press(self.chance.choice(["Home", "End"]))

    def drag_mouse(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self.page.mouse.move(*end, steps=2)
        self.page.mouse.up()
        self.page.evaluate("new Promise((done) => setTimeout(done))")

    def choose(self) -> None:
        """Select something."""
        how = self.chance.random()
        self.here_or_there()
        if how < 0.35:
            self.press(*[f"Shift+Arrow{self.chance.choice(['Left', 'Right'])}"] * self.chance.randint(1, 8))
        elif how < 0.55:
            self.press(*[f"Shift+Arrow{self.chance.choice(['Up', 'Down'])}"] * self.chance.randint(1, 2))
        elif how < 0.75:
            self.press("Home", "Shift+End")
        elif how < 0.85:
            self.press("Control+Shift+ArrowLeft")
        elif place := self.place():
            x, y = place
            self.drag_mouse(place, (x + self.chance.randint(-120, 160), y + self.chance.choice([0, 0, 26, -26, 60])))

    # What a writer does.

    def write(self) -> None:
        self.here_or_there()
        self.type(self.chance.choice(["", " "]) + self.word() + self.chance.choice(["", " ", f" {self.word()} "]))

    def write_line(self) -> None:
        self.here_or_there()
        self.press("End", "Enter")
        self.type(self.word())

    def enter(self) -> None:
        self.here_or_there()
        self.press(*["Enter"] * self.chance.randint(1, 2))

    def erase(self) -> None:
        self.here_or_there()
        key = self.chance.choice(["Backspace", "Backspace", "Delete", "Control+Backspace", "Control+Delete"])
        self.press(*[key] * self.chance.randint(1, 4))

    def join(self) -> None:
        self.click()
        self.press(*self.chance.choice([("Home", "Backspace"), ("Home", "Backspace", "Backspace"), ("End", "Delete")]))

    def replace(self) -> None:
        self.choose()
        if self.chance.random() < 0.5:
            self.press(self.chance.choice(["Backspace", "Delete", "Enter"]))
        else:
            self.type(self.word())

    def restyle(self) -> None:
        (self.choose if self.chance.random() < 0.4 else self.here_or_there)()
        self.press(self.chance.choice(BLOCKS))

    def mark(self) -> None:
        self.choose()
        self.press(self.chance.choice(MARKS))

    def sign_line(self) -> None:
        self.here_or_there()
        self.press("End", "Enter")
        self.type(self.chance.choice(SIGNS))
        self.type(self.word())
        if self.chance.random() < 0.2:
            self.press("Backspace")

    def sign_word(self) -> None:
        self.here_or_there()
        left, right = self.chance.choice(
            [("**", "**"), ("`", "`"), ("~~", "~~"), ("_", "_"), ("[", "](https://example.org)")]
        )
        self.type(f" {left}{self.word()}{right} ")

    def indent(self) -> None:
        (self.choose if self.chance.random() < 0.3 else self.here_or_there)()
        self.press(*[self.chance.choice(["Tab", "Tab", "Shift+Tab"])] * self.chance.randint(1, 2))

    def move(self) -> None:
        (self.choose if self.chance.random() < 0.3 else self.here_or_there)()
        self.press(*[f"Alt+Arrow{self.chance.choice(['Up', 'Down'])}"] * self.chance.randint(1, 3))

    def drag(self) -> None:
        place = self.place()
        if not place:
            return
        self.page.mouse.move(*place)
        handle = self.page.locator(".drag-handle")
        box = handle.bounding_box() if handle.is_visible() else None
        if not box:
            return
        start = (box["x"] + 5, box["y"] + 5)
        x, y = place[0], place[1] + self.chance.randint(-150, 150)
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(start[0], start[1] + 30)
        for part in range(3):
            self.page.mouse.move(x + part, y)
        self.page.mouse.up()

    def drag_words(self) -> None:
        self.click()
        self.press("Control+Shift+ArrowLeft")
        box = self.page.evaluate(
            """() => {
                const box = getSelection().rangeCount ? getSelection().getRangeAt(0).getBoundingClientRect() : null;
                return box && box.width > 2 ? [box.x + box.width / 2, box.y + box.height / 2] : null;
            }"""
        )
        if box:
            self.drag_mouse(
                (box[0], box[1]), (box[0] + self.chance.randint(-80, 80), box[1] + self.chance.randint(-90, 90))
            )

    def carry(self) -> None:
        self.choose()
        self.press(self.chance.choice(["Control+x", "Control+x", "Control+c"]))
        self.click()
        self.press("Control+v")

    def choose_one(self) -> None:
        """Be where what is pasted is put once: into several chosen cells it is put into each."""
        self.here_or_there()
        if self.page.evaluate("watch.repeats()"):
            self.press("ArrowRight")

    def paste_html(self) -> None:
        self.choose_one()
        html = self.chance.choice(HTML)
        html = html.format(*(self.word() for _ in range(html.count("{}"))))
        self.put(html)
        self.press("Control+v")

    def put(self, html: str) -> None:
        """Into the clipboard, from another program."""
        self.page.evaluate(
            """(html) => navigator.clipboard.write([new ClipboardItem({
                "text/html": new Blob([html], { type: "text/html" }),
                "text/plain": new Blob([html.replace(/<[^>]*>/g, " ")], { type: "text/plain" }),
            })])""",
            html,
        )

    def paste_text(self) -> None:
        self.choose_one()
        text = self.chance.choice(["{}\n{}", "{}", "- {}\n- {}\n\n# {}", "{}\t{}\n{}\t{}", "{}\n\n{}\n"])
        text = text.format(*(self.word() for _ in range(text.count("{}"))))
        self.page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
        self.press(self.chance.choice(["Control+v", "Control+v", "Control+Shift+v"]))

    def undo(self) -> None:
        self.press(*["Control+z"] * self.chance.randint(1, 4))

    def redo(self) -> None:
        self.press(*["Control+Shift+z"] * self.chance.randint(1, 3))

    def slash(self) -> None:
        self.here_or_there()
        self.type(f" /{self.chance.choice(SLASHES)}")
        self.press("Enter")
        self.type(self.word())

    def in_table(self) -> None:
        cells = self.page.locator("[data-testid=editor] :is(td, th)")
        count = cells.count()
        if not count:
            if self.chance.random() < 0.5:
                self.here_or_there()
                self.type(" /table")
                self.press("Enter")
                self.type(self.word())
            return
        # Somebody else may take it away meanwhile.
        box = cells.nth(self.chance.randrange(count)).bounding_box(timeout=1000)
        if not box:
            return
        self.page.locator("[data-testid=editor] table").first.scroll_into_view_if_needed(timeout=1000)
        self.page.mouse.click(box["x"] + 8, box["y"] + box["height"] / 2)
        if self.chance.random() < 0.3:
            self.cells()
        for _ in self.often(3):
            self.press(self.chance.choice(TABLE_KEYS))
        if self.chance.random() < 0.7:
            self.type(self.word())

    def cells(self) -> None:
        cells = self.page.locator("[data-testid=editor] :is(td, th)")
        boxes = [cells.nth(self.chance.randrange(cells.count())).bounding_box(timeout=1000) for _ in range(2)]
        if not boxes[0] or not boxes[1]:
            return
        one, other = ((box["x"] + 8, box["y"] + box["height"] / 2) for box in boxes if box)
        self.drag_mouse(one, other)
        act = self.chance.choice(["Delete", "Backspace", "copy", "merge", "split", "b", "word"])
        if act == "copy":
            self.press("Control+c")
            self.click()
            self.press("Control+v")
        elif act in ("merge", "split"):
            if act == "split":
                self.press("ArrowRight")
            self.type(f" /{act}")
            self.press("Enter")
        elif act == "b":
            self.press("Control+b")
        elif act == "word":
            self.type(self.word())
        else:
            self.press(act)

    def tool(self) -> None:
        self.choose()
        buttons = self.page.locator("[data-testid=toolbar] button:not([aria-disabled=true]):visible")
        if count := buttons.count():
            with suppress(Error):  # what can be done changes with what others do
                buttons.nth(self.chance.randrange(count)).click(timeout=1000)

    def link(self) -> None:
        self.press("Control+Shift+ArrowLeft", "Control+k")
        field = self.page.get_by_test_id("link-dialog").get_by_label("Address")
        try:
            field.fill("example.org/a", timeout=700)
        except Error:
            return
        self.press("Enter")

    def compose(self) -> Iterator[None]:
        """By an input method, a step at a time."""
        self.here_or_there()
        word = self.word()
        session = self.person.context.new_cdp_session(self.page)
        for end in range(1, len(word) + 1):
            part = word[:end]
            session.send("Input.imeSetComposition", {"text": part, "selectionStart": end, "selectionEnd": end})
            yield
        session.send("Input.insertText", {"text": word})
        session.detach()

    def spell(self) -> Iterator[None]:
        """A letter at a time, with time for others between."""
        self.here_or_there()
        for letter in f"{self.word()} {self.word()}":
            self.keyboard.press("Space" if letter == " " else letter)
            yield

    def tick(self) -> None:
        boxes = self.page.locator("[data-testid=editor] input[type=checkbox]")
        if count := boxes.count():
            with suppress(Error):
                boxes.nth(self.chance.randrange(count)).click(timeout=1000)

    def all(self) -> None:
        self.press("Control+a")
        if self.chance.random() < 0.5:
            self.press("Control+a")
        if self.chance.random() < 0.3:
            self.press("Control+c", "Control+End", "Control+v")
        else:
            self.press(self.chance.choice([*BLOCKS, *MARKS, "Backspace"]))

    def reload(self) -> None:
        self.note()
        self.person.reload()
        self.begin()

    # The network.

    def cut_off(self) -> None:
        self.person.context.set_offline(True)

    def hold(self) -> None:
        self.is_held = True
        self.page.evaluate("lag.held = []")

    def back(self) -> None:
        self.person.context.set_offline(False)
        if self.is_held:
            self.page.evaluate("(() => { const held = lag.held; lag.held = null; for (const go of held) go(); })()")
        self.is_held = False

    # What is known of it.

    def note(self) -> None:
        """Take up what has been done to words."""
        born: set[str] = set()
        parts: set[str] = set()
        for word, was, now in self.page.evaluate("watch.take()"):
            self.log.append(f"{self.sign} {word} {was}->{now}")
            if len(word) < 5:
                if now < was and not any(fresh.startswith(word) for fresh in self.fresh):
                    parts.add(word)
            elif word in self.fresh and was == 0 and word not in born:
                born.add(word)
            else:
                self.touched.add(word)
        self.written |= born
        self.parts |= parts
        self.fresh = set()

    def settle(self) -> None:
        """Back to the text, whatever has opened."""
        for _ in range(3):
            if self.page.evaluate("watch.isAt()"):
                return
            self.press("Escape")
        self.person.text.focus()


ACTS: dict[str, int] = {
    "write": 16,
    "write_line": 10,
    "enter": 5,
    "erase": 6,
    "join": 6,
    "replace": 5,
    "restyle": 8,
    "mark": 6,
    "sign_line": 6,
    "sign_word": 4,
    "indent": 6,
    "move": 6,
    "drag": 5,
    "drag_words": 2,
    "carry": 5,
    "paste_html": 4,
    "paste_text": 3,
    "undo": 6,
    "redo": 3,
    "slash": 3,
    "in_table": 9,
    "tool": 2,
    "link": 2,
    "compose": 4,
    "spell": 5,
    "tick": 1,
    "all": 0,
    "reload": 1,
}


class Session:
    """Some writers in one document."""

    def __init__(self, site: Site, room: str, writers: list[Writer], chance: random.Random) -> None:
        self.site, self.room, self.writers, self.chance = site, room, writers, chance
        self.standing: Counter[str] = Counter()
        self.done: list[str] = []
        self.errors = writers[0].errors

    def round(self, acts: int) -> None:
        how = self.chance.random()
        away = self.chance.choice(self.writers)
        idle = self.chance.choice(self.writers) if len(self.writers) > 1 and self.chance.random() < 0.4 else None
        if idle:
            idle.click()
            if self.chance.random() < 0.7:
                idle.press("ArrowRight")
            idle.note()
            idle.caret = idle.page.evaluate("watch.caret()")
        if how < 0.4 and len(self.writers) > 1:
            (away.cut_off if how < 0.2 else away.hold)()
            self.done.append(f"{away.sign} {'offline' if how < 0.2 else 'held'}")
        active = [writer for writer in self.writers if writer is not idle]
        for _ in range(acts):
            self.act(active, cut_off=away if how < 0.2 else None)
        for writer in self.writers:
            writer.back()
        self.done.append("together")
        self.come_together(idle)

    def act(self, active: list[Writer], cut_off: Writer | None) -> None:
        writer = self.chance.choice(active)
        name = self.chance.choices(list(ACTS), list(ACTS.values()))[0]
        if only := os.environ.get("HUNT_ONLY"):
            name = self.chance.choice(only.split(","))
        if name == "reload" and (writer is cut_off or len(self.writers) == 1 or writer.is_held):
            name = "write"
        self.done.append(f"{writer.sign} {name}")
        before = len(self.errors)
        steps = None
        with suppress(Error):  # what it is done to may be gone meanwhile
            steps = getattr(writer, name)()
        if isinstance(steps, Iterator):
            others = [each for each in active if each is not writer]
            other = self.chance.choice(others).spell() if others else iter(())
            for _ in steps:
                next(other, None)
            for _ in other:
                pass
        for each in active:
            each.log.append(self.done[-1])
            each.note()
        writer.settle()
        if len(self.errors) > before:
            self.done[-1] += f" !{len(self.errors)}"

    def come_together(self, idle: Writer | None) -> None:
        trees = self.same()
        for writer in self.writers:
            for wrong in writer.page.evaluate("watch.wrong()"):
                self.fail(f"{writer.sign} {wrong}")
        if self.errors:
            self.fail("; ".join(self.errors))
        theirs = self.server()
        if theirs != trees[0]:
            self.fail(f"the server reads {json.dumps(theirs)}\nand browsers {json.dumps(trees[0])}")
        self.look_at_words()
        if idle and idle.caret:
            word, offset = idle.caret
            if word not in self.touched and (now := idle.page.evaluate("watch.caret()")) != idle.caret:
                self.fail(f"{idle.sign}'s caret was at {word} {offset}, and is at {now}")
            idle.caret = None
        for writer in self.writers:
            writer.written, writer.touched, writer.parts = set(), set(), set()

    @property
    def touched(self) -> set[str]:
        return {word for writer in self.writers for word in writer.touched}

    def same(self) -> list[Any]:
        for writer in self.writers:
            writer.person.saved()
        trees: list[Any] = []
        for _ in range(PATIENCE // 50):
            trees = [writer.page.evaluate("watch.tree()") for writer in self.writers]
            if all(tree == trees[0] for tree in trees):
                return trees
            self.writers[0].page.wait_for_timeout(50)
        raise AssertionError("\n".join(json.dumps(tree) for tree in trees))

    def server(self) -> Any:
        state = self.site.shell(
            "import asyncio, base64; from rooms.models import Room; from yroom.document import YroomDocument; "
            f"room = Room.objects.get(pk={self.room.split('/')[2]!r}); "
            "print(base64.b64encode(asyncio.run(YroomDocument(room.yroom_name).state())).decode())"
        )
        return json.loads(json.dumps(as_json(Text(b64decode(state.splitlines()[-1])).tree)))

    def look_at_words(self) -> None:
        now = Counter(self.writers[0].page.evaluate("watch.words()"))
        parts = tuple(part for writer in self.writers for part in writer.parts)
        written = {word for writer in self.writers for word in writer.written}
        for word, wanted in (self.standing | Counter(dict.fromkeys(written, 1))).items():
            if word in self.touched or (parts and word in written and word.startswith(parts)):
                continue
            if now[word] != wanted:
                log = [line for writer in self.writers for line in writer.log if word in line]
                tree = json.dumps(self.writers[0].page.evaluate("watch.tree()"))
                self.fail(f"{word} stands {now[word]} times, not {wanted}: {log}\n{tree}")
        for word in now:
            if word not in self.standing and word not in written and word not in self.touched and now[word] > 1:
                self.fail(f"{word} stands {now[word]} times")
        self.standing = now

    def there_and_back(self) -> None:
        """All undone and all done again, by somebody who is alone."""
        (writer,) = self.writers
        before = writer.page.evaluate("watch.tree()")
        for what, key, wanted in (
            ("undo", "Control+z", {"type": "doc", "content": [{"type": "paragraph"}]}),
            ("redo", "Control+Shift+z", before),
        ):
            for _ in range(2_000):
                if not writer.page.evaluate("(what) => watch.can(what)", what):
                    break
                writer.press(key)
            if (tree := writer.page.evaluate("watch.tree()")) != wanted:
                self.fail(f"after {what} of all: {json.dumps(tree)}\nand not {json.dumps(wanted)}")
        writer.note()

    def fail(self, why: str) -> NoReturn:
        raise AssertionError(f"{why}\n{'; '.join(self.done[-60:])}")


SIZES = [1, 2, 2, 2, 3]


@pytest.mark.long
def test_whatever_people_do_no_word_is_lost(site: Site, log_in: LogIn) -> None:
    seed = int(os.environ.get("HUNT_SEED", random.randrange(10**6)))
    left = int(os.environ.get("HUNT_ACTS", "2000"))
    while left > 0:
        print(f"HUNT_SEED={seed}", flush=True)  # noqa: T201
        chance = random.Random(seed)
        acts = min(left, chance.choice([24, 48, 96]))
        run(site, log_in, chance, acts)
        left -= acts
        seed += 1


def run(site: Site, log_in: LogIn, chance: random.Random, acts: int) -> None:
    errors: list[str] = []
    room = site.new_room()
    size = int(os.environ.get("HUNT_WRITERS", chance.choice(SIZES)))
    writers = [
        Writer(log_in([OWNER, EDITOR, OWNER][number]), "ABC"[number], random.Random(chance.random()), errors)
        for number in range(size)
    ]
    session = Session(site, room, writers, chance)
    try:
        for writer in writers:
            writer.open(room)
            writer.person.text.click()
        for start in range(0, acts, ROUND):
            session.round(min(ROUND, acts - start))
        if size == 1:
            session.there_and_back()
        newcomer = Writer(log_in(EDITOR), "Z", chance, errors)
        writers.append(newcomer)
        newcomer.open(room)
        session.same()
    finally:
        for writer in writers:
            writer.person.context.close()

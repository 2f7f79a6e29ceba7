"""Nothing of another site is fetched before somebody asks for it, whatever a document holds."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from playwright.sync_api import BrowserContext, Route, expect
from pycrdt import Doc, Map, Text

from rooms.kinds import DEFAULT
from tests.yroom.client import YClient

from .conftest import EDITOR, OWNER, LogIn, Person, Site

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf500f0003860180e2e0d1d70000000049454e44ae426082"
)
HOST = "https://tracker.example"
# Whatever takes an address, or can hold one, anywhere in HTML.
ATTRIBUTES = ["src", "srcset", "style", "align", "background", "poster", "data", "href", "class", "colwidth", "width"]
ATTRIBUTES += ["title", "alt", "language", "start", "numbers", "level", "checked", "cite", "ping", "textAlign", "color"]
VALUES = [
    HOST + "/{name}.png",
    "left; background-image: url(" + HOST + "/{name}.png)",
    "red; } * { background: url(" + HOST + "/{name}.png)",
    "<img src='" + HOST + "/{name}.png'>",
]
# What a line can be, and what can be said of it beside its kind.
LINES: list[dict[str, Any]] = [
    {},
    {"kind": "heading"},
    {"kind": "code"},
    {"kind": "rule"},
    {"kind": "image"},
    {"quote": 1},
]
LINES += [{"list": "bullet"}, {"list": "ordered"}, {"list": "task"}, {"kind": "later"}]
LINES += [{"cell": {"t": "t", "r": "r", "c": "c"}}, {"kind": "table", "table": "t"}]


def outside(context: BrowserContext, site: Site) -> list[str]:
    """The addresses of other sites that a browser asks for, each answered with a picture."""
    asked: list[str] = []

    def serve(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(content_type="image/png", body=PIXEL, headers={"Access-Control-Allow-Origin": "*"})

    context.route(lambda url: not url.startswith((site.url, "data:", "blob:")), serve)
    return asked


def hostile(value: str) -> Doc[Any]:
    """A document in which all that can be said of a line, a table, a mark or a thing has an address in it."""
    doc: Doc[Any] = Doc()
    doc["text"] = text = Text()
    doc["tables"] = tables = Map[Any]()

    def says(of: str) -> dict[str, Any]:
        return {name: value.replace("{name}", f"{of}-{name}") for name in ATTRIBUTES}

    for line in LINES:
        kind = str(line.get("kind") or line.get("list") or "line")
        text += "words"
        text.insert_embed(len(text), Map({**says(kind), **line}))
    for mark in "biushlc":
        text.insert(len(text), mark, {f"{mark}:mark": {"t": 1, **says(mark)}})
        text.insert(len(text), mark, {f"{mark}:word": value})
    text.insert_embed(len(text), says("thing"))
    for part in ("r", "c"):
        tables[f"t/{part}/{part}"] = says(part)
        tables[f"t/{part}/{value}"] = value
    return doc


def put(site: Site, room: str, cookies: str, docs: list[Doc[Any]]) -> None:
    """Send documents into a room as an editor's own program might."""

    async def send() -> None:
        socket = f"{site.url.replace('http', 'ws')}/ws/rooms/{room.split('/')[2]}"
        async with YClient(socket, headers={"Cookie": cookies}, schema=DEFAULT.schema) as client:
            for doc in docs:
                client.doc.apply_update(doc.get_update())
            await client._flush()
            await client.until(lambda: client.saved >= client.sent_documents)

    # In another thread: Playwright's own event loop runs in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, send()).result()


def test_no_attribute_makes_a_browser_ask_another_site(site: Site, log_in: LogIn, room: str) -> None:
    """Neither in the editor, nor when it is copied, printed or downloaded."""
    sender = log_in(EDITOR)
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in sender.context.cookies())
    put(site, room, cookies, [hostile(value) for value in VALUES])
    reader = log_in(OWNER)
    asked = outside(reader.context, site)
    reader.open(room)
    expect(reader.text).to_contain_text("words")
    expect(reader.page.get_by_test_id("image-place").first).to_be_visible()
    reader.text.focus()
    reader.page.keyboard.press("Control+a")
    reader.page.keyboard.press("Control+c")
    reader.page.emulate_media(media="print")
    reader.page.emulate_media(media="screen")
    reader.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert asked == []


def test_an_image_is_shown_once_it_is_asked_for(site: Site, log_in: LogIn, room: str) -> None:
    """All of its host in this document, from then on; and none of another."""
    sender = log_in(EDITOR)
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in sender.context.cookies())
    doc: Doc[Any] = Doc()
    addresses = [f"{HOST}/one.png", f"{HOST}/two.png", "https://other.example/three.png"]
    doc["text"] = text = Text()
    for each in addresses:
        text.insert_embed(len(text), Map({"kind": "image", "src": each, "alt": "A chart"}))
    put(site, room, cookies, [doc])
    reader = log_in(OWNER)
    asked = outside(reader.context, site)
    reader.open(room)
    places = reader.page.get_by_test_id("image-place")
    expect(places).to_have_count(3)
    expect(places.first).to_contain_text("Image from tracker.example")
    expect(places.first).to_contain_text("A chart")
    places.first.get_by_role("button").click()
    expect(places).to_have_count(1)
    expect(reader.text.locator("img[src]")).to_have_count(2)
    reader.page.wait_for_function("() => [...document.querySelectorAll('.text img')].every((each) => each.complete)")
    assert set(asked) == set(addresses[:2])
    reader.open(room)
    expect(reader.text.locator("img[src]")).to_have_count(2)
    expect(places).to_have_count(1)
    assert set(asked) == set(addresses[:2])


def test_who_inserts_an_image_sees_it(site: Site, owner: Person, editor: Person) -> None:
    """And the others are asked."""
    outside(owner.context, site)
    asked = outside(editor.context, site)
    owner.text.click()
    owner.type("/image")
    owner.page.keyboard.press("Enter")
    dialog = owner.page.get_by_test_id("image-dialog")
    dialog.get_by_label("Address of the image").fill(f"{HOST}/mine.png")
    dialog.get_by_role("button", name="Insert").click()
    # Beside an image the editor may put an empty one, for the caret.
    expect(owner.text.locator("img[src]")).to_have_attribute("src", f"{HOST}/mine.png")
    expect(editor.page.get_by_test_id("image-place")).to_be_visible()
    assert asked == []

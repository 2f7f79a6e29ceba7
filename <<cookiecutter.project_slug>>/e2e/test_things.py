"""Code, links, tables and images: by mouse, by keyboard, and by what is read out."""

import re

from playwright.sync_api import Worker, expect

from .conftest import OWNER, LogIn, Person, toast
from .test_text import press

SLOW_CODE = "[a](" * 12_000


def test_the_page_never_waits_for_colours(owner: Person) -> None:
    """A text on which a grammar works for seconds stays plain; what is written elsewhere has its colours."""
    page = owner.page
    owner.text.click()
    owner.type("```python ")
    owner.type("def one")
    expect(owner.text.locator(".hljs-keyword")).to_have_text("def")
    press(owner, "Enter", "Enter", "Enter")
    owner.type("```markdown ")
    ended: list[Worker] = []
    for worker in page.workers:
        worker.on("close", lambda worker: ended.append(worker))
    page.keyboard.insert_text(SLOW_CODE)
    # While the worker is at it, one writes on.
    owner.type("typed meanwhile")
    expect(owner.text).to_contain_text("typed meanwhile")
    assert not ended, "the worker was ended before one could type"
    while not ended:
        page.wait_for_timeout(50)
    expect(owner.text.locator("pre").nth(1).locator("[class^=hljs]")).to_have_count(0)
    # Neither is it tried anew at each key, nor do others wait for it.
    owner.type("more")
    owner.text.locator("pre").first.click()
    press(owner, "End", "Enter")
    owner.type("return 1")
    expect(owner.text.locator(".hljs-keyword").filter(has_text="return")).to_have_count(1)
    assert len(ended) == 1
    owner.saved()


def test_code(log_in: LogIn, room: str) -> None:
    """Its language is searched for, lines go in and out, it is copied without https, and wrapped or not."""
    owner = log_in(OWNER)
    # As on a site without https.
    owner.page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    owner.open(room)
    page, text = owner.page, owner.text
    text.click()
    press(owner, "Control+Alt+c")
    owner.type("if one:")
    press(owner, "Enter", "Tab")
    owner.type("two(")
    press(owner, "Enter")
    owner.type("three")
    press(owner, "Enter")
    owner.type("four")
    code = text.locator("pre code")
    assert code.inner_text() == "if one:\n    two(\n        three\n        four"
    press(owner, "Shift+ArrowUp", "Shift+Tab")
    assert code.inner_text() == "if one:\n    two(\n    three\n    four"
    press(owner, "Control+End", "ArrowUp", "End", "Control+Shift+Home", "Tab")
    assert code.inner_text() == "    if one:\n        two(\n        three\n        four"
    press(owner, "Shift+Tab", "Shift+Tab", "Control+z")
    assert code.inner_text() == "if one:\n    two(\n    three\n    four"

    # By keyboard and what is read out: from the text to the tools, a name, back in the text.
    press(owner, "ArrowRight", "Alt+F10")
    language = page.get_by_role("button", name="Language of this code: Plain text")
    expect(language).to_be_focused()
    press(owner, "Enter")
    field = page.get_by_role("combobox", name="Language of this code")
    expect(field).to_be_focused()
    owner.type("nothing like it")
    expect(page.get_by_text("No language of that name")).to_be_visible()
    page.keyboard.press("Control+a")
    owner.type("py")
    options = page.get_by_role("listbox", name="Languages").get_by_role("option")
    expect(options).to_have_text(["Python"])
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    press(owner, "Enter")
    expect(text).to_be_focused()
    expect(text.locator(".hljs-keyword")).to_have_text("if")
    press(owner, "Alt+F10")
    expect(page.get_by_role("button", name="Language of this code: Python")).to_be_focused()
    press(owner, "Enter")
    expect(field).to_be_focused()
    press(owner, "Escape")
    expect(field).to_have_count(0)
    expect(text).to_be_focused()

    # Wrapped or not, on this device.
    wrap = page.get_by_role("button", name="Wrap long lines")
    code.click()
    press(owner, "Control+Home")
    owner.type("x" * 300)
    pre = text.locator("pre")
    scrolls = "(pre) => pre.scrollWidth > pre.clientWidth"
    assert pre.evaluate(scrolls)
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    assert not pre.evaluate(scrolls)

    page.get_by_role("button", name="Copy this code").click()
    expect(toast(page, "The code is on the clipboard.")).to_be_visible()
    owner.saved()
    title = page.get_by_test_id("title")
    title.click()
    page.keyboard.press("Control+v")
    expect(title).to_have_value(re.compile("x{300}if one:"))
    page.keyboard.press("Control+z")

    owner.reload()
    assert not pre.evaluate(scrolls)
    text.focus()
    press(owner, "Control+End", "Enter", "Enter", "Enter")
    press(owner, "Control+Alt+c")
    expect(page.get_by_role("button", name="Language of this code: Python")).to_have_count(2)


def test_links(owner: Person) -> None:
    """By keys, on a word, a selection or nothing; checked, found as one types, taken back, and never a trap."""
    page, text = owner.page, owner.text
    links = text.locator("a")
    text.click()
    owner.type("some words here")
    press(owner, "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "Control+k")
    dialog = page.get_by_test_id("link-dialog")
    expect(dialog.get_by_label("Text")).to_have_value("words")
    expect(dialog.get_by_label("Address")).to_be_focused()
    for typed in ("javascript:alert(1)", "word", "two words", "file:///etc/passwd"):
        dialog.get_by_label("Address").fill(typed)
        press(owner, "Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("This is no address that a link can lead to.")
        expect(dialog.get_by_label("Address")).to_be_focused()
    dialog.get_by_label("Address").fill("ada@example.org")
    press(owner, "Enter")
    expect(dialog).to_have_count(0)
    expect(links).to_have_text(["words"])
    expect(links).to_have_attribute("href", "mailto:ada@example.org")
    # What is typed behind a link is none.
    owner.type("x")
    expect(links).to_have_text(["words"])
    press(owner, "Backspace", "End", "Enter")
    owner.type("www.example.org/a")
    expect(links).to_have_count(1)
    press(owner, "Enter")
    expect(links).to_have_text(["words", "www.example.org/a"])
    # One undo takes away the link that came by itself, and nothing else.
    press(owner, "Control+z")
    expect(links).to_have_text(["words"])
    expect(text.locator("p")).to_have_count(3)
    owner.type("README.md and (example.net) and bob@example.org and ")
    expect(links).to_have_text(["words", "example.net", "bob@example.org"])
    expect(links.nth(1)).to_have_attribute("href", "https://example.net")
    expect(links.nth(2)).to_have_attribute("href", "mailto:bob@example.org")

    # The card: there at a link, in and out by keyboard.
    press(owner, *["ArrowLeft"] * 7)
    card = page.get_by_role("group", name="Link")
    expect(card).to_be_visible()
    press(owner, "Alt+F10")
    stops = [card.get_by_role("link"), *(card.get_by_role("button", name=n) for n in ("Copy", "Edit", "Remove"))]
    for stop in stops:
        expect(stop).to_be_focused()
        press(owner, "Tab")
    expect(card.locator(":focus")).to_have_count(0)
    press(owner, "Shift+Tab")
    expect(stops[-1]).to_be_focused()
    press(owner, "Escape")
    expect(text).to_be_focused()
    expect(card).to_be_visible()
    press(owner, "Alt+F10", "ArrowRight")
    press(owner, "Enter")
    expect(toast(page, "The address is on the clipboard.")).to_be_visible()
    press(owner, "ArrowRight", "Enter")
    expect(dialog.get_by_label("Text")).to_have_value("bob@example.org")
    dialog.get_by_label("Text").fill("Bob")
    dialog.get_by_label("Address").fill("example.org/bob")
    press(owner, "Enter")
    expect(links.nth(2)).to_have_text("Bob")
    expect(links.nth(2)).to_have_attribute("href", "https://example.org/bob")
    owner.type("by")
    expect(links.nth(2)).to_have_text("Bob")
    press(owner, *["ArrowLeft"] * 4)
    expect(card).to_be_visible()
    press(owner, "Alt+F10", "End", "Enter")
    expect(links).to_have_count(2)
    expect(text).to_be_focused()
    expect(text.locator("p").last).to_contain_text("Bobby")
    owner.saved()

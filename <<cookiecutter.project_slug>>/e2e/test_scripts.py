"""Scripts that are written from right to left, and lines of both kinds in one document."""

from playwright.sync_api import Locator, expect

from .conftest import OWNER, LogIn, Person

HEBREW, ARABIC = "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd.", "\u0645\u0631\u062d\u0628\u0627"


def ends(line: Locator) -> tuple[float, float]:
    """How far what is written in a line is from the left and from the right end of the text."""
    left, right = line.evaluate(
        """line => {
            const range = document.createRange();
            range.selectNodeContents(line);
            const [words, text] = [range.getBoundingClientRect(), line.closest(".text").getBoundingClientRect()];
            return [words.left - text.left, text.right - words.right];
        }"""
    )
    return left, right


def is_at_right(line: Locator) -> bool:
    left, right = ends(line)
    return left > right


def write(person: Person, *lines: str) -> None:
    person.text.focus()
    for line in lines:
        person.type(line)
        person.page.keyboard.press("Enter")


def test_lines_are_read_as_their_letters_say(owner: Person, editor: Person) -> None:
    write(owner, HEBREW, "Latin.", "- " + ARABIC, "", "> " + HEBREW)
    owner.page.keyboard.press("Enter")
    write(owner, "[ ] " + HEBREW)
    expect(editor.text.locator("li[data-checked] p").first).to_have_text(HEBREW)
    for person in (owner, editor):
        text = person.text
        lines = text.locator("> p")
        assert is_at_right(lines.nth(0))
        assert not is_at_right(lines.nth(1))
        item, quote, task = (
            text.locator(f"{each} p").first for each in ("ul:not([data-type]) > li", "blockquote", "li[data-checked]")
        )
        assert all(map(is_at_right, (item, quote, task)))
        # What marks them stands at the side at which they begin.
        assert ends(item)[1] > 10
        assert ends(quote)[1] > 10
        box = text.locator("li[data-checked] input").first.bounding_box()
        words = task.bounding_box()
        assert box
        assert words
        assert box["x"] >= words["x"] + words["width"]


def test_a_line_is_turned_by_a_key(owner: Person, editor: Person) -> None:
    write(owner, "3:0", "- ab")
    for _ in range(3):
        owner.page.keyboard.press("ArrowUp")
    owner.page.keyboard.press("Control+a")
    owner.page.keyboard.press("Control+Shift+x")
    lines = editor.text.locator("p[dir=rtl]")
    expect(lines).not_to_have_count(0)
    assert is_at_right(lines.nth(0))
    assert is_at_right(lines.nth(1))
    assert ends(lines.nth(1))[1] > 10
    owner.saved()
    assert is_at_right(owner.reload().text.locator("p[dir=rtl]").first)
    owner.text.focus()
    owner.page.keyboard.press("Control+a")
    owner.page.keyboard.press("Control+Shift+x")
    expect(editor.text.locator("p[dir]")).to_have_count(0)


def test_titles_are_read_as_their_letters_say(log_in: LogIn, owner: Person) -> None:
    owner.page.get_by_test_id("title").fill(HEBREW)
    owner.saved()
    assert owner.page.get_by_test_id("title").evaluate("each => getComputedStyle(each).direction") == "rtl"
    other = log_in(OWNER)
    other.sees_listed(HEBREW)

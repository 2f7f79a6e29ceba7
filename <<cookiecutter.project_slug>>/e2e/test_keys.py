"""What keys do, as tables: a place, the keys that are pressed there, and what comes of it.

Documents are written as in notation.js.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .conftest import OWNER, LogIn, Person, Site

NOTATION = (Path(__file__).parent / "notation.js").read_text()

# Keys of these names are pressed; all else is typed, letter by letter.
NAMES = (
    "Enter",
    "Backspace",
    "Delete",
    "Tab",
    "Home",
    "End",
    "Escape",
    *(f"Arrow{to}" for to in ["Up", "Down", "Left", "Right"]),
)

Case = tuple[str, str, str]

EDGES: list[Case] = [
    # An empty line of a list leaves it by one level; a second time the next.
    ("- a / - ^", "Enter", "- a / ^"),
    ("- a /   - ^", "Enter", "- a / - ^"),
    ("- a /   - ^", "Enter Enter", "- a / ^"),
    ("- a /   1. ^", "Enter", "- a / - ^"),
    ("- a /   - b /   - ^", "Enter", "- a /   - b / - ^"),
    ("- a /   - ^ /   - b", "Enter", "- a / - ^ /   - b"),
    ("- a / - ^ / - b", "Enter", "- a / ^ / - b"),
    ("1. a / 2. ^ / 3. b", "Enter", "1. a / ^ / 2. b"),
    ("5. a / 6. ^ / 7. b / 8. c", "Enter", "5. a / ^ / 6. b / 7. c"),
    # What goes on with the numbers follows them.
    ("1. a / 2. ^ / 3. b", "Enter ArrowUp End Enter", "1. a / 2. ^ /  / 3. b"),
    ("1. a / 2. ^ / 3. b", "Enter ArrowUp Home Backspace", "^a /  / 1. b"),
    ("[ ] a / [ ] ^", "Enter", "[ ] a / ^"),
    ("- a /   ^", "Enter", "- a / ^"),
    ("> - ^", "Enter", "> ^"),
    ("> - ^", "Enter Enter", "^"),
    # A new item, above or below.
    ("- a^", "Enter", "- a / - ^"),
    ("- a^", "Enter Enter", "- a / ^"),
    ("- ^a", "Enter", "- / - ^a"),
    ("- a^b", "Enter", "- a / - ^b"),
    ("- a^ /   - x", "Enter", "- a / - ^ /   - x"),
    ("3. a^", "Enter", "3. a / 4. ^"),
    ("3. ^a / 4. b", "Enter", "3. / 4. ^a / 5. b"),
    ("[x] a^", "Enter", "[x] a / [ ] ^"),
    ("[x] ^a", "Enter", "[ ] / [x] ^a"),
    ("[x] a^b", "Enter", "[x] a / [ ] ^b"),
    ("- a /   b^", "Enter", "- a /   b /   ^"),
    # Backspace at the beginning leaves the list, then goes on above.
    ("- a / - ^", "Backspace", "- a / ^"),
    ("- a / - ^", "Backspace Backspace", "- a^"),
    ("- a / - ^b", "Backspace", "- a / ^b"),
    ("- a / - ^b", "Backspace Backspace", "- a^b"),
    ("- ^a", "Backspace", "^a"),
    ("- ^", "Backspace Backspace", "^"),
    ("[x] ^a", "Backspace", "^a"),
    ("- a /   - ^b", "Backspace", "- a /   ^b"),
    ("- a /   - ^b", "Backspace Backspace", "- a^b"),
    ("- a /   - ^b /   - c", "Backspace Backspace", "- a^b /   - c"),
    ("1. a / 2. ^b / 3. c", "Backspace", "1. a / ^b / 2. c"),
    ("1. a / 2. ^b / 3. c", "Backspace Backspace", "1. a^b / 2. c"),
    ("1. a / ^ / 2. b", "Backspace", "1. a^ / 2. b"),
    ("x / - ^b", "Backspace Backspace", "x^b"),
    # Delete at the end takes up what is below.
    ("- a^ / - b", "Delete", "- a^b"),
    ("- a^ / - b / - c", "Delete", "- a^b / - c"),
    ("- a^ /   - b", "Delete", "- a^b"),
    ("- a^ / - b /   - c", "Delete", "- a^b /   - c"),
    ("- a^ / b", "Delete", "- a^b"),
    ("a^ / - b", "Delete", "a^b"),
    ("a^ / - b / - c", "Delete", "a^b / - c"),
    ("^ / - b", "Delete", "- ^b"),
    ("a^ / # b", "Delete", "a^b"),
    ("# a^ / b", "Delete", "# a^b"),
    ("a^ / > b", "Delete", "a^b"),
    # Headings.
    ("# a^", "Enter", "# a / ^"),
    ("# a^b", "Enter", "# a / # ^b"),
    ("# ^a", "Enter", " / # ^a"),
    ("# ^", "Enter", "^"),
    ("x / # ^a", "Backspace", "x^a"),
    (" / # ^a", "Backspace", "# ^a"),
    ("# ^a", "Backspace", "^a"),
    ("# ^", "Backspace", "^"),
    # Quotes.
    ("> a^", "Enter", "> a / > ^"),
    ("> a^", "Enter Enter", "> a / ^"),
    ("> ^", "Enter", "^"),
    ("> a / > ^ / > b", "Enter", "> a / ^ / > b"),
    ("> > ^", "Enter", "> ^"),
    ("> ^a", "Backspace", "^a"),
    ("x / > ^a", "Backspace", "x / ^a"),
    ("x / > ^a", "Backspace Backspace", "x^a"),
    ("> a / > ^b", "Backspace", "> a^b"),
    ("> ^a", "Enter", "> / > ^a"),
    ("> a / ^b", "Backspace", "> a^b"),
    # Code: an empty line at its end leaves it.
    ("`a^`", "Enter", "`a⏎^` / "),
    ("`a^` / b", "Enter Enter", "`a` / ^ / b"),
    ("`a^`", "Enter Enter", "`a` / ^"),
    ("`a⏎^⏎b`", "Enter", "`a⏎⏎^⏎b` / "),
    ("> `a^` / b", "Enter Enter", "> `a` / > ^ / b"),
    ("`^`", "Enter", "^ / "),
    ("`a^b`", "Shift+Enter", "`a⏎^b` / "),
    # Where it begins it is text; at its end a thing below is chosen, as anywhere.
    ("`^a⏎b` / c", "Backspace", "^a⏎b / c"),
    ("x / `^a⏎b` / c", "Backspace", "x / ^a⏎b / c"),
    ("x / `^a` / c", "Backspace Backspace", "x^a / c"),
    ("`a` / `^b` / c", "Backspace", "`a` / ^b / c"),
    ("- a /   `^x` / b", "Backspace", "- a /   ^x / b"),
    ("`a^` / --- / d", "Delete", "`a` / @--- / d"),
    ("`a^` / ![] / d", "Delete", "`a` / @![] / d"),
    ("`a^` / `b` / c", "Delete", "`a` / @`b` / c"),
    ("`a` / ^ / `b`", "Backspace", "@`a` / `b` / "),
    # In cells lines are lines, and a cell's edges are edges.
    ("+ ^a + b / c", "Backspace", "+ ^a + b / c"),
    ("+ a + ^b / c", "Backspace", "+ a + ^b / c"),
    ("+ a^ + b / c", "Delete", "+ a^ + b / c"),
    ("+ a + b^ / c", "Delete", "+ a + b^ / c"),
    ("+ a^ + b / c", "Enter x Enter y", "+ a|x|y^ + b / c"),
    ("+ a^ + b / c", "Enter Backspace", "+ a^ + b / c"),
    ("+ ^ + b / c", "-_x Enter y Enter Enter z", "+ - x|- y|z^ + b / c"),
    ("+ ^ + b / c", "1._x Enter y Backspace Backspace Backspace", "+ 1. x^ + b / c"),
    ("+ ^ + b / c", "[]_x Enter y", "+ [ ] x|[ ] y^ + b / c"),
    ("+ ^ + b / c", "```_x Enter Enter y", "+ `x`|y^ + b / c"),
    ("+ a^ + b / c", "Shift+Enter x", "+ a⏎x^ + b / c"),
    ("a / + ^b + c / d", "ArrowUp", "a^ / + b + c / d"),
    ("a / + b + c^ / d", "ArrowDown", "a / + b + c / ^d"),
    ("+ ^a + b / c", "ArrowUp x", "x^ / + a + b / c"),
    ("`^a` / c", "ArrowUp x", "x^ / `a` / c"),
    # A break in the same block, wherever it is.
    ("- a^b", "Shift+Enter x", "- a⏎x^b"),
    ("# a^b", "Shift+Enter x", "# a⏎x^b"),
    ("> a^b", "Shift+Enter x", "> a⏎x^b"),
    ("a^", "Shift+Enter Enter x", "a⏎ / x^"),
    ("a^", "Shift+Enter Backspace", "a^"),
    ("a^b / c^d", "Shift+Enter", "a⏎^d"),
    # Beside a thing: it is chosen first, then it goes.
    ("a / --- / ^b", "Backspace", "a / @--- / b"),
    ("a / --- / ^b", "Backspace Backspace", "a / ^b"),
    ("a / ![] / ^b", "Backspace", "a / @![] / b"),
    ("a / `x` / ^b", "Backspace", "a / @`x` / b"),
    ("a / + c + d / ^b", "Backspace", "a / @+ c + d / b"),
    ("a / + c + d / ^b", "Backspace Backspace", "a / ^b"),
    ("a / --- / ^ / b", "Backspace", "a / @--- / b"),
    ("a / --- / > ^b", "Backspace Backspace", "a / @--- / b"),
    ("a^ / --- / b", "Delete", "a / @--- / b"),
    ("a^ / --- / b", "Delete Delete", "a / ^b"),
    ("a^ / ![] / b", "Delete", "a / @![] / b"),
    ("a^ / `x` / b", "Delete", "a / @`x` / b"),
    ("a^ / + c + d / b", "Delete", "a / @+ c + d / b"),
    ("x / ^ / --- / b", "Delete", "x / @--- / b"),
    ("- a^ / --- / b", "Delete", "- a / @--- / b"),
    ("--- / - ^b", "Backspace Backspace", "@--- / b"),
    # Who writes while a thing is chosen writes below it.
    ("a / --- / ^b", "Backspace x", "a / --- / x^ / b"),
    ("a / --- / ^b", "Backspace Enter", "a / --- / ^ / b"),
    ("a / + c + d / ^b", "Backspace x", "a / + c + d / x^ / b"),
    ("a / `x` / ^b", "Backspace y", "a / `x` / y^ / b"),
    # The document's first and last line.
    ("^a", "Backspace", "^a"),
    ("a^", "Delete", "a^"),
    ("^", "Enter", " / ^"),
    ("a^", "Enter Backspace", "a^"),
    ("a / ^b", "Backspace", "a^b"),
    (" / ^b", "Backspace", "^b"),
]

TABS: list[Case] = [
    ("- a / - ^b", "Tab", "- a /   - ^b"),
    ("- a / - ^b", "Tab Tab", "- a /   - ^b"),
    ("- ^a", "Tab", "- ^a"),
    ("- a / - ^b /   - c", "Tab", "- a /   - ^b /     - c"),
    ("- a /   - ^b /   - c", "Shift+Tab", "- a / - ^b /   - c"),
    ("- a /   - ^b /     - c", "Shift+Tab", "- a / - ^b /   - c"),
    ("- a / - ^b", "Shift+Tab", "- a / ^b"),
    ("- a / - b^1 / - c^2 / - d", "Tab", "- a /   - b^1 /   - c^2 / - d"),
    ("- a / - b^1 /   - c^2 / - d", "Tab", "- a /   - b^1 /     - c^2 / - d"),
    ("- a /   - b^1 /     - c^2 /   - d", "Shift+Tab", "- a / - b^1 /   - c^2 /   - d"),
    ("- a / 1. b^1 / [ ] c^2", "Tab", "- a /   1. b^1 /   [ ] c^2"),
    ("1. a / 2. ^b / 3. c", "Tab", "1. a /   1. ^b / 2. c"),
    ("1. a /   1. b /   2. ^c /   3. d", "Shift+Tab", "1. a /   1. b / 2. ^c /   1. d"),
    ("1. a /   1. ^b / 2. c", "Shift+Tab", "1. a / 2. ^b / 3. c"),
    ("- a / ^b", "Tab", "- a /   ^b"),
    ("- a /   ^b", "Shift+Tab", "- a / ^b"),
    ("a^b", "Tab", "a\t^b"),
    ("a^b", "Tab Shift+Tab", "a^b"),
    ("a^b^c", "Tab", "a^b^c"),
    ("> - a / > - ^b", "Tab", "> - a / >   - ^b"),
]

MOVES: list[Case] = [
    ("a / ^b", "Alt+ArrowUp", "^b / a"),
    ("^a / b", "Alt+ArrowDown", "b / ^a"),
    ("^a / b", "Alt+ArrowUp", "^a / b"),
    ("a / --- / ^b", "Alt+ArrowUp", "a / ^b / --- / "),
    ("^a / + c + d / b", "Alt+ArrowDown", "+ c + d / ^a / b"),
    ("a / + c^ + d / b", "Alt+ArrowUp", "+ c^ + d / a / b"),
    ("a / + c^ + d / b", "Alt+ArrowDown", "a / b / + c^ + d / "),
    ("- a / - ^b / - c", "Alt+ArrowUp", "- ^b / - a / - c"),
    ("- a / - ^b / - c", "Alt+ArrowDown", "- a / - c / - ^b"),
    ("- ^a /   - x / - b", "Alt+ArrowDown", "- b / - ^a /   - x"),
    ("- a /   - x / - ^b", "Alt+ArrowUp", "- ^b / - a /   - x"),
    ("- a /   - ^x / - b", "Alt+ArrowDown", "- a / - b /   - ^x"),
    ("- a /   - ^x", "Alt+ArrowUp", "- ^x / - a"),
    ("5. a / 6. ^b / 7. c", "Alt+ArrowUp", "5. ^b / 6. a / 7. c"),
    ("5. ^a / 6. b", "Alt+ArrowDown", "5. b / 6. ^a"),
    ("- a / - b / ^c", "Alt+ArrowUp", "- a / ^c / - b"),
    ("1. a / 2. b / ^c", "Alt+ArrowUp", "1. a / ^c / 2. b"),
    ("> a / > b / ^c", "Alt+ArrowUp", "^c / > a / > b"),
    ("^c / > a / > b / d", "Alt+ArrowDown", "> a / > b / ^c / d"),
    ("a / b^1 / c^2 / d", "Alt+ArrowUp", "b^1 / c^2 / a / d"),
    ("a / b^1 / c^2 / d", "Alt+ArrowDown", "a / d / b^1 / c^2"),
    ("a / ^b", "Alt+Shift+ArrowUp", "^b / a"),
]

RULES: list[Case] = [
    ("^", "#_", "# ^"),
    ("^", "##_", "## ^"),
    ("^", "###_", "### ^"),
    ("^", "####_", "'#### ^"),
    ("^a", "##_", "## ^a"),
    ("# ^a", "##_", "## ^a"),
    ("^", "-_", "- ^"),
    ("^", "*_", "- ^"),
    ("^", "+_", "- ^"),
    ("^a", "-_", "- ^a"),
    ("^", "1._", "1. ^"),
    ("^", "1)_", "1. ^"),
    ("^", "7._", "7. ^"),
    ("^", "42)_", "42. ^"),
    ("1. a / ^", "2._", "1. a / 2. ^"),
    ("1. a / ^", "1._", "1. a / ~ / 1. ^"),
    ("1. a / ^", "7._", "1. a / ~ / 7. ^"),
    ("- a / ^", "-_", "- a / - ^"),
    ("- a / ^ / - b", "-_", "- a / - ^ / - b"),
    ("^", "[]_", "[ ] ^"),
    ("^", "[_]_", "[ ] ^"),
    ("^", "[x]_", "[x] ^"),
    ("^", "-_[_]_a", "[ ] a^"),
    ("^", "-_[x]_a", "[x] a^"),
    ("- a / - ^", "1._", "- a / 1. ^"),
    ("^", ">_", "> ^"),
    ("> ^", ">_", "> > ^"),
    ("^", "---", "--- / ^"),
    ("^", "***_", "--- / ^"),
    ("^", "```py Enter x", "`x^` / "),
    ("^", "``` Enter x", "`x^` / "),
    ("^", "```_x", "`x^` / "),
    ("^", "**a_b**_c", "{bold:a b} c^"),
    ("^", "x_*a*_c", "x {italic:a} c^"),
    ("^", "`a`_c", "{code:a} c^"),
    ("^", "~~a~~_c", "{strike:a} c^"),
    ("^", "(**a**)", "({bold:a})^"),
    ("^", "字**粗**字", "字{bold:粗}字^"),
    ("^", "see_[this_page](example.org)_x", "see {link:this page} x^"),
    ("^", "![b](https://example.com/a.png)c", "![] / c^"),
    ("a^b / c", "![b](https://example.com/a.png)", "a / ![] / ^b / c"),
    ("a^ / c", "![b](https://example.com/a.png)x", "a / ![] / x^ / c"),
    ("- a^ / - c", "![b](https://example.com/a.png)x", "- a /   ![] /   x^ / - c"),
    ("^", "a_[b](javascript:alert(1))", "a [b](javascript:alert(1))^"),
    ("^", "`[b](example.org)`", "{code:[b](example.org)}^"),
    # Inside of words, around spaces, escaped, in code: no signs.
    ("^", "2*3*4", "2*3*4^"),
    ("^", "a**b**c", "a**b**c^"),
    ("x^", "_*a_*", "x *a *^"),
    ("^", "\\*a*", "\\*a*^"),
    ("^", "*a\\*", "*a\\*^"),
    ("`^`", "-_**a**", "`- **a**^` / "),
    ("^", "`**a**`", "{code:**a**}^"),
    ("x^", "-_", "x- ^"),
    ("x^", "---", "x---^"),
    ("^x", "---", "'---^x"),
]
UNDERSCORES: list[Case] = [
    ("^", "__init__ x", "__init__ x^"),
    ("^", "snake_case_name x", "snake_case_name x^"),
    ("^", "_private_name", "_private_name^"),
    ("^", "a _it_ b", "a {italic:it} b^"),
    ("^", "def __init__(self, _x_y): x", "def __init__(self, _x_y): x^"),
    ("^", "if __name__ == '__main__':", "if __name__ == '__main__':^"),
    ("^", "f(*args, **kwargs)", "f(*args, **kwargs)^"),
    ("^", "2 * 3 * 4", "2 * 3 * 4^"),
]
# What is typed, and what stands there again once it is taken back.
ERASED = {
    **{sign: f"'{sign}^" for sign in ("# ", "## ", "- ", "* ", "1. ", "3) ", "[] ", "[x] ", "> ", "---")},
    **{
        words: f"{words}^"
        for words in ("a ->", "a <-", "a -- ", "**a**", "*a*", "_a_", "`a`", "~~a~~", "==a==", "``` ")
    },
}


@pytest.fixture
def writer(log_in: LogIn, site: Site) -> Person:
    """Somebody in a document of their own, with documents as lines of text."""
    person = log_in(OWNER).open(site.new_room())
    person.page.evaluate(NOTATION)
    person.text.click()
    return person


def read(person: Person) -> str:
    shown: str = person.page.evaluate("notation.read()")
    return shown


def sees(person: Person, wanted: str) -> None:
    """Wait until the editor has it: the browser tells it of what a mouse chooses."""
    person.page.wait_for_function("(wanted) => notation.read() === wanted", arg=wanted)


def do(person: Person, before: str, keys: str, *, is_text: bool = False) -> str:
    """What comes of these keys, pressed in this document: names of keys, or letters with "_" for a space."""
    person.page.evaluate("(text) => notation.write(text)", before)
    keyboard = person.page.keyboard
    if is_text:
        keyboard.type(keys)
        return read(person)
    for word in keys.split(" "):
        if "+" in word[1:-1] or word in NAMES:
            keyboard.press(word)
            person.page.evaluate("new Promise((done) => setTimeout(done))")
        else:
            keyboard.type(word.replace("_", " "))
    return read(person)


def wrong(person: Person, cases: list[Case], *, is_text: bool = False) -> list[str]:
    """The cases of which something else comes."""
    found = []
    for before, keys, after in cases:
        came = do(person, before, keys, is_text=is_text)
        if came != after:
            found.append(f"{before!r} {keys}: {came!r} instead of {after!r}")
    return found


def test_keys_at_the_edges_of_lines(writer: Person) -> None:
    found = wrong(writer, EDGES)
    assert not found, "\n".join(found)


def test_tab_indents_and_takes_back(writer: Person) -> None:
    found = wrong(writer, TABS)
    assert not found, "\n".join(found)


def test_lines_are_moved_with_what_is_in_them(writer: Person) -> None:
    found = wrong(writer, MOVES)
    assert not found, "\n".join(found)


def test_signs_become_what_they_mean(writer: Person) -> None:
    found = wrong(writer, RULES) + wrong(writer, UNDERSCORES, is_text=True)
    assert not found, "\n".join(found)
    # An address that is longer than any may be stays what it is: as a link it would be gone.
    for sign in ("", "!"):
        writer.page.evaluate("notation.write('^')")
        written = f"{sign}[a](https://example.org/{'x' * 8_000}"
        writer.page.keyboard.insert_text(written)
        writer.page.keyboard.type(")")
        assert read(writer) == f"{written})^"


def test_what_was_typed_stands_again_after_one_backspace(writer: Person) -> None:
    found = []
    assert do(writer, "^", "a_->_b") == "a -> b^"
    writer.page.get_by_test_id("room-menu").click()
    switch = writer.page.get_by_test_id("print-signs")
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.click()
    for key in ("Backspace", "Control+z"):
        for typed, after in ERASED.items():
            writer.page.evaluate("notation.write('^')")
            writer.page.keyboard.type(typed)
            became = read(writer)
            writer.page.keyboard.press(key)
            if became == after or read(writer) != after:
                found.append(f"{typed!r} {key}: {became!r}, then {read(writer)!r}")
    assert not found, "\n".join(found)


LISTS: list[Case] = [
    # Numbers start anew, and go on.
    ("1. a / 2. ^b / 3. c", "anew", "1. a / ~ / 1. ^b / 2. c"),
    ("1. a / x / 1. ^b / 2. c", "on", "1. a / x / 2. ^b / 3. c"),
    ("1. a / 2. b / ~ / 1. ^c", "on", "1. a / 2. b / 3. ^c"),
    ("1. a / x / 5. ^b", "anew", "1. a / x / 1. ^b"),
    # Many lines at once, of several kinds.
    ("a^1 / - b / 1. c^2", "Control+Shift+Digit7", "1. a^1 / 2. b / 3. c^2"),
    ("a^1 / # b / > c^2", "Control+Shift+Digit8", "- a^1 / - b / > - c^2"),
    ("- a^1 / - b^2", "Control+Shift+Digit8", "a^1 / b^2"),
    ("- a /   - ^b / - c", "Control+Shift+Digit7", "- a /   1. ^b / - c"),
    ("1. a / 2. ^b / 3. c", "Control+Shift+Digit7", "1. a / ^b / 2. c"),
    ("[ ] a^1 / [x] b^2 / [ ] c", "Control+Enter", "[x] a^1 / [x] b^2 / [ ] c"),
    ("[x] a /   [ ] ^b", "Control+Enter", "[x] a /   [x] ^b"),
    ("[x] a /   [x] ^b", "Control+Enter", "[x] a /   [ ] ^b"),
]


def test_lists_of_many_lines_and_their_numbers(writer: Person) -> None:
    """Numbers by the slash menu, as nobody would find a key for them."""
    found = []
    for before, keys, wanted in LISTS:
        after = wanted
        if keys in ("anew", "on"):
            writer.page.evaluate("(text) => notation.write(text)", before)
            writer.page.keyboard.press("End")
            writer.type(f" /{'restart' if keys == 'anew' else 'resume'}")
            writer.page.get_by_test_id("slash-menu").get_by_role("option").first.click()
            came = read(writer).replace(" ^", "").replace("^", "")
            after = wanted.replace("^", "")
        else:
            came = do(writer, before, keys)
        if came != after:
            found.append(f"{before!r} {keys}: {came!r} instead of {after!r}")
    assert not found, "\n".join(found)


CHOSEN: list[Case] = [
    # All, at once; of code or a cell first these alone.
    ("a / b^ / c", "Control+a", "ALL a / b / c"),
    ("a / b^ / c", "Control+a Enter", " / ^"),
    ("- a / --- / b^", "Control+a Enter x", " / x^"),
    ("a / `x⏎y^`", "Control+a", "a / `^x⏎y^` / "),
    ("a / `x⏎y^`", "Control+a Control+a", "ALL a / `x⏎y` / "),
    ("a / + b^ + c / d", "Control+a", "a / + ^b^ + c / d"),
    ("a / + b^ + c / d", "Control+a Control+a", "ALL a / + b + c / d"),
    ("a / + ^ + c / d", "Control+a", "ALL a / +  + c / d"),
    # All stays chosen, whatever is done to it.
    ("a^", "Control+a Control+Shift+Digit8", "ALL - a"),
    ("- a^ / - b", "Control+a Control+Shift+Digit8", "ALL a / b"),
    ("- a / --- / + c^ + d / - b", "Control+a Control+a Control+Shift+Digit7", "ALL 1. a / --- / + c + d / 1. b"),
    ("- a /   - b^", "Control+a Shift+Tab", "ALL a / - b"),
    ("[ ] a^ / [x] b", "Control+a Control+Enter", "ALL [x] a / [x] b"),
    ("- a^ / - b", "Control+a Control+Alt+c", "ALL `a⏎b` / "),
    ("> a^ / > b", "Control+a Control+Shift+b", "ALL a / b"),
    # Cells stay chosen, too: at the table's end there is none to choose, and all of them are changed.
    ("+ a^ + b / + c + d / x", "Shift+ArrowRight Shift+ArrowRight Shift+ArrowRight Backspace", "+  +  / + c + d / x"),
    ("+ a^ + b / x", "Shift+ArrowRight Control+Shift+Digit8 Control+b", "+ - {bold:a} + - {bold:b} / x"),
    ("+ a^ + b / x", "Shift+ArrowRight Control+Shift+Digit9 Control+Enter", "+ [x] a + [x] b / x"),
    ("x / + a^ + b / y", "Shift+ArrowRight Alt+ArrowDown", "x / y / + a + ^b^ / "),
    ("x / + a^ + b / y", "Shift+ArrowRight Alt+ArrowUp", "+ a + ^b^ / x / y"),
    # Words, in all scripts.
    ("one two^", "Control+Backspace", "one ^"),
    ("^one two", "Control+Delete", "^ two"),
    ("one two^", "Control+ArrowLeft", "one ^two"),
    ("привет мир^", "Control+Backspace", "привет ^"),
    ("שלום עולם^", "Control+Backspace", "שלום ^"),
    ("สวัสดีชาวโลก^", "Control+Backspace", "สวัสดีชาว^"),
    ("今天天气很好^", "Control+Backspace", "今天天气^"),
    ("a👩‍👩‍👧^", "Backspace", "a^"),
    ("a / ^b", "Control+Backspace", "a^b"),
    ("a / --- / ^b", "Control+Backspace", "a / @--- / b"),
    ("a^ / b", "Control+Delete", "a^b"),
]


def test_what_is_chosen_at_once(writer: Person) -> None:
    found = wrong(writer, CHOSEN)
    assert not found, "\n".join(found)
    page = writer.page
    # Home and End stay in the line on the screen, where words go on in the next.
    words = " ".join(f"word{n}" for n in range(60))
    page.evaluate("(text) => notation.write(text)", f"before / {words}^ / after")
    page.keyboard.press("Home")
    page.keyboard.type("H")
    assert "H" in read(writer)
    assert not read(writer).startswith("before / H"), read(writer)
    # A triple click chooses a line, a click with Shift what lies between.
    page.evaluate("notation.write('one / two words / three^')")
    writer.text.locator("p").nth(1).click(click_count=3)
    sees(writer, "one / ^two words^ / three")
    page.evaluate("notation.write('^one / two words / three')")
    writer.text.locator("p").nth(1).click(position={"x": 1, "y": 10}, modifiers=["Shift"])
    sees(writer, "^one / ^two words / three")


def test_escape_then_tab_leaves_the_text(writer: Person) -> None:
    page = writer.page
    page.evaluate("notation.write('- a / - ^b')")
    page.keyboard.press("Escape")
    expect(page.locator("#announcer")).to_have_text("Press Tab to leave the text.")
    page.keyboard.press("Tab")
    expect(writer.text).not_to_be_focused()
    assert read(writer) == "- a / - ^b"
    writer.text.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#title")).to_be_focused()
    # Whoever does something else in between stays.
    writer.text.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    expect(writer.text).to_be_focused()
    page.keyboard.press("Shift+Tab")
    # The menu is closed by Escape, and nothing more.
    page.keyboard.type(" /")
    expect(page.get_by_test_id("slash-menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("slash-menu")).to_have_count(0)
    page.keyboard.press("Tab")
    expect(writer.text).to_be_focused()
    # In a box within the text, Tab goes on, and no key does anything to the text; Escape goes back.
    page.evaluate("notation.write('- a / - ^b / [ ] c / [ ] d')")
    boxes = writer.text.get_by_role("checkbox")
    boxes.first.focus()
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(boxes.last).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(boxes.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(writer.text).to_be_focused()
    assert read(writer) == "- a / - ^b / [ ] c / [ ] d"


def drag(person: Person, line: str, over: str, *, below: bool) -> None:
    """Drag the line that begins with these words above or below another."""
    mouse = person.page.mouse
    lines = person.text.locator("p, hr, h1, table")
    lines.filter(has_text=re.compile(f"^{line}$")).first.hover()
    handle = person.page.locator(".drag-handle").bounding_box()
    target = (person.text.locator("hr") if over == "---" else lines.filter(has_text=over).first).bounding_box()
    assert handle
    assert target
    mouse.move(handle["x"] + 5, handle["y"] + 5)
    mouse.down()
    # A hand is fast: the first that is heard of it can be beside the text.
    mouse.move(handle["x"] + 5, handle["y"] + 60)
    for part in (0.7, 0.8, 0.85, 0.9) if below else (0.3, 0.2, 0.15, 0.1):
        mouse.move(target["x"] + 30, target["y"] + target["height"] * part)
    expect(person.page.locator(".drop-line")).to_be_visible()
    mouse.up()
    expect(person.page.locator(".drop-line")).to_be_hidden()


DRAGS: list[tuple[str, str, str, str]] = [
    ("a / b / c^", "a", "below c", "b / c / a^x"),
    ("a / b / c^", "c", "above a", "c^x / a / b"),
    ("- a /   - k / - b / - c^", "a", "below c", "- b / - c / - a^x /   - k"),
    ("- a /   - k / - b / - c^", "c", "above k", "- a /   - c^x /   - k / - b"),
    ("- a /   - k / c^", "k", "below c", "- a / c / - k^x"),
    ("a / --- / b^", "b", "above ---", "a / b^x / --- / "),
    ("a / + t + u / b^", "a", "below t", "+ t + u / a^x / b"),
    ("> a / > b / c^", "c", "above b", "> a / > c^x / > b"),
    ("1. a / 2. b / 3. c^", "c", "above a", "1. c^x / 2. a / 3. b"),
]


def test_a_line_is_dragged_with_what_is_in_it(writer: Person) -> None:
    """And a key afterwards writes in it; a click on the handle keeps the focus."""
    found = []
    for before, line, place, after in DRAGS:
        writer.page.evaluate("(text) => notation.write(text)", before)
        where, over = place.split(" ")
        drag(writer, line, over, below=where == "below")
        writer.page.keyboard.type("x")
        came = read(writer).replace("x^", "^x")
        if came != after:
            found.append(f"{before!r} {line} {place}: {came!r} instead of {after!r}")
    assert not found, "\n".join(found)
    writer.page.evaluate("notation.write('a / b^')")
    writer.text.locator("p").first.hover()
    writer.page.locator(".drag-handle").click()
    expect(writer.text).to_be_focused()
    writer.page.keyboard.type("x")
    assert read(writer) == "ax^ / b"


def test_signs_are_taken_back_while_others_write(owner: Person, editor: Person) -> None:
    """One Backspace takes back what became of a sign, and nothing that others wrote since."""
    for person in (owner, editor):
        person.page.evaluate(NOTATION)
    for typed, after in (("# ", "'# ^"), ("[x] ", "'[x] ^"), ("a **b**", "a **b**^")):
        owner.page.evaluate("notation.write('theirs / ^')")
        editor.saved()
        expect(editor.text.locator("p").first).to_have_text("theirs")
        owner.text.focus()
        owner.page.keyboard.type(typed)
        editor.text.locator("p").first.click()
        editor.page.keyboard.press("End")
        editor.type(" more")
        expect(owner.text.locator("p").first).to_have_text("theirs more")
        owner.page.keyboard.press("Backspace")
        assert read(owner) == f"theirs more / {after}"


def test_input_methods_write_signs_and_beside_things(writer: Person) -> None:
    """What is being composed is left alone; what has been is looked at as if it had been typed."""
    session = writer.context.new_cdp_session(writer.page)

    def compose(*steps: str) -> None:
        for text in steps:
            at = len(text)
            session.send("Input.imeSetComposition", {"text": text, "selectionStart": at, "selectionEnd": at})
        session.send("Input.insertText", {"text": steps[-1]})

    def start(text: str) -> None:
        writer.page.evaluate("(text) => notation.write(text)", text)

    start("^")
    writer.page.keyboard.type("**")
    compose("c", "cu", "粗体")
    writer.page.keyboard.type("** x")
    sees(writer, "{bold:粗体} x^")
    start("^")
    compose("#", "# ")
    sees(writer, "# ^")
    writer.page.keyboard.press("Backspace")
    sees(writer, "'# ^")
    # Signs in the midst of what is composed are letters.
    start("^")
    session.send("Input.imeSetComposition", {"text": "- ", "selectionStart": 2, "selectionEnd": 2})
    session.send("Input.imeSetComposition", {"text": "- に", "selectionStart": 3, "selectionEnd": 3})
    session.send("Input.insertText", {"text": "- に"})
    sees(writer, "'- に^")
    # A thing that is chosen stays.
    start("a / --- / ^b")
    writer.page.keyboard.press("Backspace")
    compose("n", "に")
    sees(writer, "a / --- / に^ / b")


# What others' editors have been told of in public: it goes well here.
REPORTED: list[tuple[str, str, str, str]] = [
    ("tiptap 2493", "- foo /   - ^bar /     - baz", "Backspace", "- foo /   ^bar /   - baz"),
    ("tiptap 2493", "- foo /   - ^bar /     - baz", "Backspace Backspace", "- foo^bar /   - baz"),
    ("tiptap 6128", "text / - ^a /   - b", "Backspace", "text / ^a / - b"),
    ("tiptap 5552", "text / - foo /   - ^bar", "Backspace", "text / - foo /   ^bar"),
    ("tiptap 1780", "- a /   - ^ /     - c", "Backspace Backspace", "- a^ /   - c"),
    ("tiptap 1265", "1. a /   1. b /     1. ^P /     2. c", "Backspace Backspace", "1. a /   1. b^P /     1. c"),
    ("tiptap 3128", "- a / - ^", "Backspace x", "- a / x^"),
    ("tiptap 3367", "- a / ^b", "Backspace", "- a^b"),
    ("outline 9382", "1. a^1 /   1. b^2", "Control+Shift+Digit8", "- a^1 /   - b^2"),
    ("BlockNote 62", "1. a / 2. ^b", "Tab", "1. a /   1. ^b"),
    ("BlockNote 2453", "^ / b", "Delete", "^b"),
    ("siyuan 10883", "^ / + a + b / c", "Delete", "@+ a + b / c"),
    ("portabletext 3196", "^", "#_ Backspace Backspace", "#^"),
    ("fsnotes 1989", "1. a / 2. b / 3. ^c / 4. d", "Tab", "1. a / 2. b /   1. ^c / 3. d"),
    ("docs 1940", "1. a / 2. ^ / 3. b", "Enter ---", "1. a / --- / ^ / 2. b"),
    ("appflowy 831", "one / two^", "Control+Backspace Control+Backspace Control+Backspace", "^"),
    ("marktext 1251", "a^ / [ ] b c", "Control+ArrowRight", "a / [ ] ^b c"),
]

RANGES: list[Case] = [
    # Over the border of a table its cells stay, without what was chosen in them; a table within goes.
    ("a^b / + c^ + d / e", "Backspace", "a^ / +  + d / e"),
    ("a^b / + c^ + d / e", "x", "ax^ / +  + d / e"),
    ("+ c^c + d^d / e", "Delete", "+ c^ + d / e"),
    ("+ c^c + d / e^f", "Backspace", "+ c^ +  / f"),
    ("- a / - b^c / - x / + c + d^d / e", "Backspace", "- a / - b^ / +  + d / e"),
    ("+ a + b^b / m / + c^c + d / z", "Backspace", "+ a + b^ / + c + d / z"),
    ("`a^b` / + c^ + d / e", "Backspace", "`a^` / +  + d / e"),
    ("a^b / + c + d / e^f", "Backspace", "a^f"),
    # All that is chosen goes, whatever stood there.
    ("# a / - b^", "Control+a x", "x^"),
    ("--- / a^", "Control+a Backspace x", "x^"),
    ("`a^`", "Control+a Control+a Backspace x", "x^"),
    ("+ a^ + b", "Control+a Control+a Backspace x", "x^"),
    ("a / b^", "Control+a Control+Alt+1", "ALL # a / # b"),
    # Several lines are one program.
    ("x / a^1 / b^2 / y", "Control+Alt+c", "x / `^a1⏎b2^` / y"),
    ("- a^1 / - b^2 / - c", "Control+Alt+c", "`^a1⏎b2^` / - c"),
    ("> a^1 / > b^2", "Control+Alt+c", "> `^a1⏎b2^`"),
    ("- a^b / - c^d", "Backspace", "- a^d"),
    ("x^y / - a^b / - c", "Backspace", "x^b / - c"),
    ("- a^b / x^y", "Backspace", "- a^y"),
    ("a^b / --- / c^d", "Backspace", "a^d"),
    ("- a^x /   - b^y /     - c", "Backspace", "- a^y /   - c"),
    ("# a^b / c^d", "Delete", "# a^d"),
    ("^a / b^ / c", "Delete", "^ / c"),
    ("- ^a / - b^ / - c", "Backspace", "- ^ / - c"),
    ("1. a^b / 2. c / 3. d^e / 4. f", "x", "1. ax^e / 2. f"),
    ("a^b / - c / - d^e", "Enter", "a / ^e"),
    ("- a^b / - c^d / - e", "Enter", "- a / - ^d / - e"),
    ("- a^x /   - b^y /     - c", "n", "- an^y /   - c"),
    ("a^b / > c / > d^e / f", "Delete", "a^e / f"),
    ("- a^b / + t + u / c^d", "Backspace", "- a^d"),
]


def test_what_others_editors_have_been_told_of(writer: Person) -> None:
    found = wrong(writer, [(before, keys, after) for _, before, keys, after in REPORTED])
    assert not found, "\n".join(found)
    # marktext 1802: who ticks a task stays where they were.
    writer.page.evaluate("notation.write('a^ / [ ] b')")
    writer.text.get_by_role("checkbox").click()
    sees(writer, "a^ / [x] b")


def test_what_is_chosen_goes_and_leaves_nothing_behind(writer: Person) -> None:
    found = wrong(writer, RANGES)
    assert not found, "\n".join(found)

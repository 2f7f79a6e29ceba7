"""What keys do, as tables: a place, the keys that are pressed there, and what comes of it.

Documents are written as in notation.js.
"""

from pathlib import Path

import pytest

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
    **{words: f"{words}^" for words in ("**a**", "*a*", "_a_", "`a`", "~~a~~", "==a==", "``` ")},
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


def do(person: Person, before: str, keys: str, *, is_text: bool = False) -> str:
    """What comes of these keys, pressed in this document: names of keys, or letters with "_" for a space."""
    person.page.evaluate("(text) => notation.write(text)", before)
    keyboard = person.page.keyboard
    if is_text:
        keyboard.type(keys)
        return read(person)
    for word in keys.split(" "):
        if word.split("+")[-1] in NAMES:
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


def test_what_was_typed_stands_again_after_one_backspace(writer: Person) -> None:
    found = []
    for key in ("Backspace", "Control+z"):
        for typed, after in ERASED.items():
            writer.page.evaluate("notation.write('^')")
            writer.page.keyboard.type(typed)
            became = read(writer)
            writer.page.keyboard.press(key)
            if became == after or read(writer) != after:
                found.append(f"{typed!r} {key}: {became!r}, then {read(writer)!r}")
    assert not found, "\n".join(found)

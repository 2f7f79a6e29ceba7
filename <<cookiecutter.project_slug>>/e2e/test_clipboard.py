"""What other programs copy comes out as what it was, and what is copied here others take."""

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from .conftest import Person, toast
from .test_text import press

SAMPLES = sorted((Path(__file__).parent.parent / "frontend/tests/pasted").glob("*.html"))

PASTE = """(kinds) => {
    const data = new DataTransfer();
    for (const [kind, words] of Object.entries(kinds)) data.setData(kind, words);
    const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
    document.querySelector("[data-testid=editor]").dispatchEvent(event);
}"""
COPY = """(how) => {
    const data = new DataTransfer();
    const event = new ClipboardEvent(how, { clipboardData: data, bubbles: true, cancelable: true });
    document.querySelector("[data-testid=editor]").dispatchEvent(event);
    return Object.fromEntries(data.types.map((kind) => [kind, data.getData(kind)]));
}"""


def paste(page: Page, html: str = "", text: str = "", **kinds: str) -> None:
    """Give the editor what a browser gives it when one presses Ctrl+V."""
    brought = {"text/html": html, "text/plain": text, **kinds}
    page.evaluate(PASTE, {kind: words for kind, words in brought.items() if words})


def copied(page: Page, how: str = "copy") -> dict[str, str]:
    """What is in the clipboard when one copies what is selected."""
    kinds: dict[str, str] = page.evaluate(COPY, how)
    return kinds


def select_all(page: Page) -> None:
    """Select the whole document."""
    page.evaluate("document.querySelector('[data-testid=editor]').editor.commands.selectAll()")


def clear(page: Page) -> None:
    """Begin with an empty paragraph."""
    page.evaluate("document.querySelector('[data-testid=editor]').editor.chain().clearContent(true).focus().run()")


def behind(page: Page, words: str) -> None:
    """Put the cursor behind these words, and wait until the editor has heard of it."""
    select(page, words, words)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('[data-testid=editor]').editor.state.selection.empty")


def content(page: Page) -> str:
    """The document as it is copied, without how it was cut."""
    select_all(page)
    html = re.sub(r' data-pm-slice="[^"]*"', "", copied(page)["text/html"])
    # One can go on writing behind a block that ends a document.
    return html.removesuffix("<p><br></p>")


def test_what_programs_copy_comes_out_as_what_it_was(owner: Person) -> None:
    page = owner.page
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    # The browser complains of styles that the site's policy forbids.
    page.on("console", lambda said: errors.append(said.text) if "inline style" in said.text else None)
    owner.text.click()
    wrong = []
    for path in SAMPLES:
        given, out = path.read_text().split("\n<!-- comes out as -->\n")
        clear(page)
        paste(page, re.sub(r"^<!--.*?-->\n", "", given, flags=re.DOTALL))
        wanted = out.rstrip().replace(">\n<", "><").removesuffix("<p><br></p>")
        if (made := content(page)) != wanted:
            wrong.append(f"{path.name}:\n  {made}\n  {wanted}")
    assert not wrong, "\n".join(wrong)
    assert not errors, "\n".join(errors)


PROGRAM = "class A:\n    def __init__(self, *a, **kw):\n        self.x = 2 ** 3  # a remark\n\n\tpass\n\n\n# end_it\n"


def lines(page: Page) -> list[str]:
    """What stands in the lines of the document."""
    written: list[str] = page.evaluate(
        """() => {
            const lines = [];
            const { doc } = document.querySelector("[data-testid=editor]").editor.state;
            doc.descendants((node) => node.isTextblock && lines.push(node.textContent));
            return lines;
        }"""
    )
    return written


def test_text_is_pasted_as_it_is_and_markdown_as_what_it_says(owner: Person) -> None:
    page = owner.page
    owner.text.click()

    # A program, letter for letter, there and back again.
    paste(page, text=PROGRAM)
    assert lines(page) == PROGRAM.split("\n")
    select_all(page)
    assert copied(page)["text/plain"] == PROGRAM
    page.keyboard.press("Control+z")
    assert lines(page) == [""]
    # Keys that are pressed at once come after it.
    given = json.dumps({"text/plain": "# A\n\n- one\n- two"})
    page.evaluate(f"({PASTE})({given}), document.execCommand('insertText', false, '!')")
    assert content(page) == "<h1>A</h1><ul><li>one</li><li>two!</li></ul>"

    # Markdown, and the offer to take it as text: one press, and one undo takes it all back.
    clear(page)
    owner.type("before ")
    markdown = "## Part\n\n- [x] **done**\n- [ ] open"
    paste(page, text=markdown)
    box = '<li><input type="checkbox"{} disabled> {}</li>'
    tasks = f"<ul>{box.format(' checked', '<strong>done</strong>')}{box.format('', 'open')}</ul>"
    assert content(page).endswith(tasks)
    offered = page.get_by_test_id("offer")
    expect(offered).to_contain_text("Pasted as Markdown.")
    owner.at_end()
    page.keyboard.press("Alt+F10")
    expect(offered.get_by_role("button", name="Paste as plain text")).to_be_focused()
    page.keyboard.press("Enter")
    expect(offered).to_have_count(0)
    assert lines(page) == ["before ## Part", "", "- [x] **done**", "- [ ] open"]
    expect(owner.text).to_be_focused()
    page.keyboard.press("Control+z")
    assert lines(page) == ["before "]

    # What one writes next takes the offer away.
    paste(page, text=markdown)
    expect(offered).to_be_visible()
    owner.type("x")
    expect(offered).to_have_count(0)

    # Ctrl+Shift+V takes text as it is, and so does a block of code.
    clear(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("(text) => navigator.clipboard.writeText(text)", markdown)
    page.keyboard.press("Control+Shift+v")
    expect(owner.text).to_contain_text("- [ ] open")
    assert lines(page) == markdown.split("\n")
    clear(page)
    page.keyboard.press("Control+Alt+c")
    paste(page, "<h1>Title</h1><p>words</p>", markdown)
    assert lines(page)[0] == markdown

    # From a code editor: lines are a program, a word is a word in code, Markdown is Markdown.
    clear(page)
    paste(page, "<div>x</div>", "a = 1\nb = 2", **{"vscode-editor-data": '{"version":1,"mode":"python"}'})
    assert content(page) == '<pre><code class="language-python">a = 1\nb = 2</code></pre>'
    clear(page)
    owner.type("see ")
    paste(page, "<div>x</div>", "__init__", **{"vscode-editor-data": '{"version":1,"mode":"python"}'})
    assert content(page) == "<p>see <code>__init__</code></p>"
    clear(page)
    paste(page, "<div><br></div>", "\n", **{"vscode-editor-data": '{"version":1,"mode":"python"}'})
    owner.type("x")
    assert lines(page) == ["", "x"]

    # Lines that are put into an item are items.
    clear(page)
    paste(page, "<ul><li>first</li><li>last</li></ul>")
    behind(page, "first")
    paste(page, text=" one\ntwo\nthree")
    owner.type("!")
    items = "<li>first one</li><li>two</li><li>three!</li><li>last</li>"
    assert content(page) == f"<ul>{items}</ul>"
    behind(page, "three!")
    paste(page, "<p>four</p><p>five</p>", "four\n\nfive")
    assert content(page) == f"<ul>{items.replace('!', '!four</li><li>five')}</ul>"


def test_a_link_is_pasted_as_one(owner: Person) -> None:
    page = owner.page
    owner.text.click()
    owner.type("see this page")
    press(owner, "Control+Shift+ArrowLeft")
    paste(page, text="https://example.org/a?b=c&d")
    assert content(page) == '<p>see this <a href="https://example.org/a?b=c&amp;d">page</a></p>'
    page.keyboard.press("Control+z")
    assert content(page) == "<p>see this page</p>"
    # By itself it is one, and what is written behind it is not.
    clear(page)
    paste(page, text="https://example.org/x")
    owner.type(" and")
    assert content(page) == '<p><a href="https://example.org/x">https://example.org/x</a> and</p>'
    # A name of a file on some words takes their place.
    clear(page)
    owner.type("word")
    select_all(page)
    paste(page, text="readme.md")
    assert lines(page) == ["readme.md"]
    # Nothing that runs; a page's title comes with its address.
    clear(page)
    owner.type("word")
    select_all(page)
    paste(page, text="javascript:alert(1)")
    assert content(page) == "<p>javascript:alert(1)</p>"
    clear(page)
    paste(page, '<a href="https://example.org/">The page</a>', "https://example.org/")
    assert content(page) == '<p><a href="https://example.org/">The page</a></p>'
    # Addresses within a text.
    clear(page)
    paste(page, text="one https://example.org/1, two\nhttps://example.org/2")
    assert content(page) == (
        '<p>one <a href="https://example.org/1">https://example.org/1</a>, two</p>'
        '<p><a href="https://example.org/2">https://example.org/2</a></p>'
    )


def test_what_cannot_be_taken_is_said_and_what_is_much_is_bounded(owner: Person) -> None:
    page = owner.page
    owner.text.click()

    def says(sentence: str) -> None:
        expect(toast(page, sentence)).to_be_visible()
        page.evaluate("document.getElementById('toasts').replaceChildren()")

    paste(page, '<p>words<img src="file:///C:/a.png"><img src="https://example.org/b.png" alt="b"></p>')
    says("Files cannot be put into a document yet")
    assert content(page) == '<p>words</p><img src="https://example.org/b.png" alt="b">'
    clear(page)
    paste(page, '<p>words<img src="http://example.org/a.png"></p>')
    says("Some pictures were left out")
    clear(page)
    # Once: most pages have a colour somewhere.
    colored = '<p>words <span style="color:#c00000">in red</span></p><p style="text-align:center">aside</p>'
    paste(page, colored)
    says("Colours of letters and the alignment of lines were left out")
    clear(page)
    paste(page, colored)
    expect(toast(page)).to_have_count(0)
    # What cannot be shown here is a link; what has no address is said.
    clear(page)
    paste(page, '<iframe width="560" src="https://example.org/film"></iframe><video src="blob:https://x/1"></video>')
    says("Files cannot be put into a document yet")
    assert content(page) == '<p><a href="https://example.org/film">https://example.org/film</a></p>'
    clear(page)
    paste(page, f"<table><tr>{'<td>a</td>' * 210}</tr></table>")
    says("The table was too large")
    clear(page)
    # Long, and one step to take back.
    paste(page, "<p>A line with <b>some</b> words in it</p>" * 3_000)
    assert len(lines(page)) == 3_000
    page.keyboard.press("Control+z")
    assert lines(page) == [""]
    # What takes a browser long is not parsed; depth, and cells that span more than there is.
    paste(page, "<div><b>" * 1_000_000 + "end")
    says("This is too much to paste at once.")
    paste(page, "<div><b>" * 5_000 + "end")
    clear(page)
    paste(page, f"<table><tr>{'<td colspan=30000000 rowspan=60>x</td>' * 3}</tr></table>")
    expect(owner.text.locator("td")).to_have_count(3)
    owner.at_end()
    owner.type("still here")
    expect(owner.text).to_contain_text("still here")


def test_a_copy_is_what_others_take_and_comes_back_whole(owner: Person, editor: Person) -> None:
    page = owner.page
    owner.text.click()
    html = (
        "<h2>Title</h2><p>Words <strong>bold</strong></p><ul><li>one<ul><li>within</li></ul></li><li>two</li></ul>"
        '<ol start="3"><li>three</li></ol><ul><li><input type="checkbox" checked disabled> done</li></ul>'
        '<table border="1" style="border-collapse: collapse"><thead><tr><th>a</th><th>b</th></tr></thead>'
        '<tbody><tr><td colspan="2">c</td></tr></tbody></table><p>end</p>'
    )
    paste(page, html)
    select_all(page)
    kinds = copied(page)
    assert re.sub(' data-pm-slice="[^"]*"', "", kinds["text/html"]) == html
    assert kinds["text/plain"] == ("Title\nWords bold\n- one\n  - within\n- two\n3. three\n[x] done\na\tb\nc\t\nend")
    assert kinds["text/markdown"] == (
        "## Title\n\nWords **bold**\n\n- one\n  - within\n- two\n\n3. three\n\n- [x] done\n\n"
        "| a | b |\n| --- | --- |\n| c |  |\n\nend\n"
    )
    # With real keys, over a cut and into the midst of a line.
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    owner.text.focus()
    page.keyboard.press("Control+x")
    assert lines(page) == [""]
    page.keyboard.press("Control+v")
    expect(owner.text).to_contain_text("end")
    assert content(page) == html
    owner.at_start()
    page.keyboard.press("Control+Shift+ArrowRight")
    page.keyboard.press("Control+c")
    owner.at_end()
    owner.type(" of ")
    page.keyboard.press("Control+v")
    expect(owner.text.locator("p").last).to_have_text("end of Title")
    # The other sees it all.
    expect(editor.text.locator("p").last).to_have_text("end of Title")
    # As Markdown, by a command.
    select_all(page)
    page.keyboard.press("Control+Alt+Shift+c")
    expect(toast(page, "Copied as Markdown.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("## Title\n\nWords **bold**\n")


def select(page: Page, first: str, last: str) -> None:
    """Select from the beginning of a line to the end of another, by what stands in them."""
    page.evaluate(
        """([first, last]) => {
            const { editor } = document.querySelector("[data-testid=editor]");
            let [from, to] = [0, 0];
            editor.state.doc.descendants((node, at) => {
                if (node.isTextblock && node.textContent === first) from = at + 1;
                if (node.isTextblock && node.textContent === last) to = at + 1 + node.content.size;
            });
            editor.chain().focus().setTextSelection({ from, to }).run();
        }""",
        [first, last],
    )


LIST = "<ul><li>one<ul><li>two</li></ul></li><li>three</li></ul>"
CELLS = "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>"


def test_what_was_reported_of_other_editors(owner: Person) -> None:
    page = owner.page
    owner.text.click()

    def moved(html: str, first: str, last: str, onto: str = "") -> str:
        """What comes of it when these lines are copied, and pasted on an empty page or on a line of another."""
        clear(page)
        paste(page, html)
        select(page, first, last)
        kinds = copied(page)
        clear(page)
        if onto:
            paste(page, onto)
            select(page, "onto", "onto")
        paste(page, kinds["text/html"], kinds["text/plain"])
        return content(page)

    # A heading that is copied is one where it is pasted.
    assert moved("<h2>July</h2><p>words</p>", "July", "July") == "<h2>July</h2>"
    # From deep in a list to its outside: nothing gets lost.
    assert re.findall("two|three", moved(LIST, "two", "three")) == ["two", "three"]
    assert moved(LIST, "one", "three") == LIST
    # Two quotes with lists in them.
    quotes = (
        "<blockquote><ul><li>one</li></ul></blockquote><p>between</p><blockquote><ul><li>two</li></ul></blockquote>"
    )
    assert moved(quotes, "one", "two") == quotes
    # Blocks, over code in a line and within a line of a list.
    onto = "<p>before <code>onto</code></p>"
    clear(page)
    paste(page, onto)
    press(owner, "Control+Shift+ArrowLeft")
    paste(page, "<ul><li>x</li><li>y</li></ul>")
    assert content(page) == "<p>before x</p><ul><li>y</li></ul>"
    # Into a cell: the table stays one, rectangles go into cells, and a copy of some cells brings a table of them.
    clear(page)
    paste(page, CELLS)
    select(page, "d", "d")
    paste(page, "<h2>title</h2><p>words</p><ul><li>item</li></ul>")
    assert content(page).count("<table") == 1
    assert content(page).count("<td") == 4
    assert "<ul><li>item</li></ul></td>" in content(page)
    clear(page)
    paste(page, CELLS)
    select(page, "d", "d")
    paste(page, "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>")
    # One goes on behind the last of them, and takes that back before them.
    owner.type("!")
    for last in ("4!", "4"):
        rows = re.findall("<tr>(.*?)</tr>", content(page))
        assert [re.findall("<td>(.*?)</td>", row) for row in rows] == [["a", "b", ""], ["c", "1", "2"], ["", "3", last]]
        page.keyboard.press("Control+z")
    rows = re.findall("<tr>(.*?)</tr>", content(page))
    assert [re.findall("<td>(.*?)</td>", row) for row in rows] == [["a", "b"], ["c", "d"]]
    # A program from an editor that breaks lines by br, and code whose copy is code alone.
    clear(page)
    style = "background-color:#2b2b2b;font-family:'JetBrains Mono',monospace;font-size:9,8pt;"
    paste(page, f'<pre style="{style}"><span style="color:#cc7832;">def </span>f():<br>    <b>pass</b><br></pre>')
    assert content(page) == "<pre><code>def f():\n    pass</code></pre>"
    select(page, "def f():\n    pass", "def f():\n    pass")
    assert copied(page)["text/plain"] == "def f():\n    pass"
    # Whatever keys were pressed before, a paste by a menu is a whole one.
    clear(page)
    page.keyboard.down("Shift")
    page.keyboard.up("Shift")
    paste(page, "<p><b>bold</b></p>", "bold")
    assert content(page) == "<p><strong>bold</strong></p>"
    # An item alone, items without words, tags with lines between them.
    for given, made in (
        ("<li>alone</li>", "<p>alone</p>"),
        ("<ul>\n<li>\n<ul>\n<li>in</li>\n</ul>\n</li>\n</ul>", "<ul><li><p><br></p><ul><li>in</li></ul></li></ul>"),
        ("<h1>a</h1>\n\n<p>b</p>\n", "<h1>a</h1><p>b</p>"),
    ):
        clear(page)
        paste(page, given)
        assert content(page) == made

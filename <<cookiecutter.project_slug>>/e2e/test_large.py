"""More written offline than one message may bring: it is saved all the same."""

from playwright.sync_api import expect

from .conftest import Person

# Characters: more than MAX_FRAME_SIZE has bytes, in lines of which none takes long to draw.
LINE = 10_000
LINES = 450
PASTE = """([line, lines]) => {
    const data = new DataTransfer();
    const text = Array.from({length: lines}, (_, at) => `${at} `.padEnd(line, "written offline "));
    data.setData("text/plain", text.join("\\n\\n"));
    const paste = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
    document.querySelector("[data-testid=editor]").dispatchEvent(paste);
}"""


def test_much_was_written_offline(owner: Person, editor: Person) -> None:
    owner.text.click()
    owner.type("ours")
    owner.saved()
    expect(editor.text).to_have_text("ours")
    editor.at_end()
    editor.saved()
    editor.context.set_offline(True)
    editor.page.evaluate(PASTE, [LINE, LINES])
    editor.context.set_offline(False)
    # What is typed while it is on its way comes after it.
    editor.page.keyboard.type(" and typed meanwhile")
    editor.saved()
    last = f"{LINES - 1} written offline"
    expect(owner.text).to_contain_text(last, timeout=60_000)
    expect(owner.text).to_contain_text(" and typed meanwhile")
    assert len(owner.words()) == len(editor.words()) > LINE * LINES
    owner.saved()

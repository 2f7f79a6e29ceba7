"""What people do most, in Firefox and WebKit."""

from e2e.sites import EDITOR

from .conftest import Person


def letters(person: Person, upper: bool) -> str:
    """One of two people's letters in the document, in their order there."""
    return "".join(letter for letter in person.words() if letter.isalpha() and letter.isupper() == upper)


def test_both_type_in_the_same_paragraph(owner: Person, editor: Person) -> None:
    for person in (owner, editor):
        person.tab.click("[data-testid=editor]")
    for mine, theirs in zip("abcdefgh", "ABCDEFGH", strict=True):
        owner.tab.type(mine)
        editor.tab.type(theirs)
    owner.sees("H")
    owner.saved()
    editor.sees_just(owner.words())
    assert (letters(owner, False), letters(owner, True)) == ("abcdefgh", "ABCDEFGH")


def test_they_see_each_other_come_and_go(owner: Person, editor: Person) -> None:
    editor.write("here I am")
    owner.tab.wait_for("() => document.querySelector('[data-testid=caret]')?.dataset.name === 'Guest'")
    owner.tab.wait_for("() => document.querySelectorAll('[data-testid=avatar]').length === 2")
    editor.tab.goto(f"{editor.network.url}/")
    owner.tab.wait_for("() => document.querySelectorAll('[data-testid=avatar]').length === 1")
    owner.tab.wait_for("() => !document.querySelector('[data-testid=caret]')")


def test_offline_and_back(owner: Person, editor: Person) -> None:
    """What is typed without a connection is merged with what the other typed meanwhile."""
    owner.write("start ")
    owner.saved()
    editor.sees("start")
    editor.network.unplug()
    editor.sees_in("[data-testid=status]", "Offline, changes kept on this device")
    editor.write("guest")
    editor.sees("guest")
    owner.write("owner")
    owner.saved()
    assert "guest" not in owner.words()
    editor.plug_in()
    owner.sees("guest")
    editor.sees("owner")
    editor.saved()
    editor.sees_just(owner.words())


def test_a_reload_keeps_everything(owner: Person, editor: Person) -> None:
    owner.write("still here")
    owner.saved()
    owner.reload()
    owner.sees_just("still here")
    editor.reload()
    editor.sees_just("still here")


def test_copy_and_paste_keep_formats(owner: Person, editor: Person) -> None:
    owner.tab.click("[data-testid=editor]")
    owner.tab.press("Control+b")
    owner.tab.type("bold")
    owner.tab.press("Control+b")
    owner.tab.type(" and not")
    owner.tab.press("Control+a")
    owner.tab.press("Control+c")
    owner.tab.press("Control+End")
    owner.tab.press("Enter")
    owner.tab.press("Control+v")
    editor.sees_just("bold and notbold and not")
    count = """() => {
        const bold = document.querySelectorAll('[data-testid=editor] strong');
        return [...bold].map((each) => each.textContent).join() === 'bold,bold';
    }"""
    owner.tab.wait_for(count)
    editor.tab.wait_for(count)


def test_undo_touches_only_ones_own(owner: Person, editor: Person) -> None:
    owner.write("mine ")
    editor.sees("mine")
    editor.write("theirs")
    owner.sees("theirs")
    owner.tab.click("[data-testid=editor]")
    owner.tab.press("Control+z")
    owner.sees_just("theirs")
    editor.sees_just("theirs")
    owner.tab.press("Control+Shift+z")
    editor.sees("mine")


def test_a_table_from_the_slash_menu(owner: Person, editor: Person) -> None:
    owner.tab.click("[data-testid=editor]")
    owner.tab.type("/table")
    owner.tab.wait_for("() => document.querySelector('[data-testid=slash-menu]')?.checkVisibility()")
    owner.tab.press("Enter")
    owner.tab.wait_for("() => document.querySelector('[data-testid=editor] table')")
    owner.tab.type("first")
    owner.tab.press("Tab")
    owner.tab.type("second")
    editor.sees_in("[data-testid=editor] th:nth-child(1), [data-testid=editor] td:nth-child(1)", "first")
    editor.sees_in("[data-testid=editor] th:nth-child(2), [data-testid=editor] td:nth-child(2)", "second")


def test_the_title_changes_for_everybody(owner: Person, editor: Person) -> None:
    owner.tab.click("[data-testid=title]")
    owner.tab.press("Control+a")
    owner.tab.type("A better name")
    owner.tab.press("Enter")
    editor.sees_in("[data-testid=title]", "A better name")
    editor.tab.wait_for("() => document.title.includes('A better name')")
    editor.reload()
    editor.sees_in("[data-testid=title]", "A better name")


def test_a_role_taken_away_counts_at_once(owner: Person, editor: Person, room: str) -> None:
    """Through the site's own page: the document becomes one to read, and takes no more letters."""
    owner.write("ours")
    editor.sees("ours")
    members = owner.beside(f"{room}members/")
    row = "[data-testid=members] li"
    members.wait_for(
        """(row, email) => {
            const found = [...document.querySelectorAll(row)].find((each) => each.textContent.includes(email));
            const role = found?.querySelector('select');
            if (!role) return false;
            role.value = 'viewer';
            role.dispatchEvent(new Event('change', { bubbles: true }));
            return true;
        }""",
        row,
        EDITOR,
    )
    members.click(f"{row} button", "Change")
    editor.tab.wait_for("() => document.querySelector('[data-testid=editor]').contentEditable === 'false'")
    editor.sees_in("[data-testid=status]", "View only")
    editor.tab.click("[data-testid=editor]")
    editor.tab.type("forged")
    owner.write("!")
    editor.sees_just("ours!")


def test_logging_out_elsewhere_closes_the_room(owner: Person) -> None:
    owner.write("before")
    owner.saved()
    other = owner.beside("/accounts/logout/")
    other.click("main form button")
    owner.sees_in("[data-testid=banner]", "logged out")


def test_a_document_in_the_trash_says_so(owner: Person, editor: Person, room: str) -> None:
    """The server closes the sockets with a code; the page makes a sentence of it."""
    owner.write("to be thrown away")
    editor.sees("to be thrown away")
    page = owner.beside(f"{room}members/")
    page.run(
        """async (room) => {
            const token = document.cookie.match(/csrftoken=(\\w+)/)[1];
            const body = new URLSearchParams({ csrfmiddlewaretoken: token });
            await fetch(`${room}trash/`, { method: 'POST', body, redirect: 'manual' });
        }""",
        room,
    )
    editor.sees_in("[data-testid=banner]", "put into the trash")
    editor.tab.wait_for("() => document.querySelector('[data-testid=editor]').contentEditable === 'false'")

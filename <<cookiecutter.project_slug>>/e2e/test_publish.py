"""A document as a public page, from its owner's panel to somebody who has neither an account nor scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from .conftest import EDITOR, OWNER, LogIn, Site, run_site, toast
from .test_accessible import PHONE, complaints, overflows


@pytest.fixture(scope="session")
def public_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that has public pages, which follow what is written at once."""
    folder = tmp_path_factory.mktemp("public")
    env = {"DATA_DIR": str(folder), "PUBLIC_PAGES": "1", "PUBLIC_PAGE_SECONDS": "0"}
    yield from run_site(Site("public", env, folder))


# The code is wider than a phone.
CODE = "if a < b:  # long " * 4
TEXT = ("# A plan", "with **words** in it", "", "- one", "two", "", "> said", "", "[ ] to do", "")


@pytest.mark.parametrize("site", ["public"], indirect=True)
def test_a_document_is_published_read_and_unpublished(log_in: LogIn, site: Site, browser: Browser) -> None:
    room = site.new_room("Our garden")
    owner, editor = log_in(OWNER).open(room), log_in(EDITOR).open(room)
    owner.text.click()
    for line in TEXT:
        owner.type(line)
        owner.page.keyboard.press("Enter")
    owner.saved()
    expect(editor.page.get_by_test_id("public-sign")).to_be_hidden()
    owner.page.get_by_test_id("room-menu").click()
    owner.page.get_by_test_id("publish").click()
    panel = owner.page.get_by_test_id("publish-panel")
    expect(panel).to_contain_text("without an account")
    panel.get_by_test_id("publish-now").click()
    expect(toast(owner.page, "public now")).to_be_visible()
    address = panel.get_by_test_id("public-address").input_value()
    assert complaints(owner.page) == []
    # The other one sees it at once, and can do nothing about it.
    sign = editor.page.get_by_test_id("public-sign")
    expect(sign).to_be_visible()
    sign.click()
    expect(editor.page.get_by_test_id("publish-panel")).to_contain_text("Only its owner can change that")
    expect(editor.page.get_by_test_id("publish-stop")).to_have_count(0)
    editor.page.keyboard.press("Escape")
    expect(editor.page.get_by_test_id("publish-panel")).to_have_count(0)
    editor.at_end()
    for line in ("```", CODE):
        editor.type(line)
        editor.page.keyboard.press("Enter")
    editor.saved()
    for scheme in ("light", "dark"):
        for options in ({"viewport": PHONE, "is_mobile": True}, {}):
            context = browser.new_context(color_scheme=scheme, **options)  # type: ignore[arg-type]
            page = context.new_page()
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200
            expect(page.get_by_role("heading", level=1)).to_have_text("Our garden")
            expect(page.get_by_role("heading", level=2)).to_have_text("A plan")
            expect(page.locator("strong")).to_have_text("words")
            assert not overflows(page)
            assert complaints(page) == []
            context.close()
    visitor = browser.new_context(java_script_enabled=False).new_page()
    editor.type("It follows what is written.")
    editor.saved()
    visitor.goto(address)
    expect(visitor.locator("main")).to_contain_text("It follows what is written.")
    panel.get_by_test_id("publish-stop").click()
    expect(panel.get_by_test_id("publish-now")).to_be_visible()
    expect(sign).to_be_hidden()
    gone = visitor.goto(address)
    assert gone is not None
    assert gone.status == 410
    visitor.context.close()

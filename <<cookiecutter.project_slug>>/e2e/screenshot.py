"""Takes the README's picture: two people in one document. Run by `make screenshot`."""

import pytest
from playwright.sync_api import expect

from e2e.conftest import EDITOR, OWNER, LogIn, Site
from tests.servers import ROOT


@pytest.mark.parametrize("site", ["embedded"], indirect=True)
def test_screenshot(site: Site, log_in: LogIn) -> None:
    path = site.new_room("Plans for the summer")
    one = log_in(OWNER, viewport={"width": 1200, "height": 720}).open(path)
    two = log_in(EDITOR).open(path)
    one.text.click()
    one.type(
        "## What we need\nA house near the sea, and **two weeks** in July.\n[ ] Ask the neighbours\nBook the train"
    )
    two.text.get_by_text("near the sea").click()
    expect(one.page.get_by_test_id("caret")).to_have_count(1)
    one.saved()
    one.page.screenshot(path=ROOT / "screenshot.png")

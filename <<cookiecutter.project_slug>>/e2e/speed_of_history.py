"""How long history takes to open in a long document: `uv run --no-sync pytest -n0 -s e2e/speed_of_history.py`.

No test, as it says how fast a machine is. It writes a document of 200 pages as four people would, in 500 sittings of
fifty changes each, and keeps a version of each. Then a browser opens the list, versions, and their differences. Of each
it prints how many milliseconds it takes until the text is there, until all is marked, and for how long at most the page
answered nobody.
"""

import sys
from typing import Final

import pytest
from playwright.sync_api import Page

from .conftest import OWNER, LogIn, Site

# In the site's console.
WRITING: Final = """
import asyncio, random
from pycrdt import Doc, Map, Text
from accounts.models import User
from history.keeping import keep
from history.models import Version
from rooms.models import Room
from yroom.document import YroomDocument
from yroom.store.base import get_storage

dice = random.Random(1)
WORDS = ["".join(dice.choices("etaoinshrdlucmfwyp", k=dice.randint(2, 10))) for _ in range(2000)]

def sentence(words):
    return " ".join(dice.choices(WORDS, k=words)) + " "

people = [User.objects.get(email="demo@example.com")]
people += [User.objects.create_user(f"{name}@example.com", None, name=name) for name in ("Ada", "Bob", "Cyd")]
room = Room.objects.create(owner=people[0], title="A long one")
document = YroomDocument(room.yroom_name)
doc = Doc()
for sitting in range(500):
    former, doc = doc, Doc()
    doc.apply_update(former.get_update())
    text = doc.get("text", type=Text)
    changes = []
    subscription = doc.observe(lambda event: changes.append(event.update))
    with doc.transaction():
        for _ in range(0 if sitting else 3000):
            text += sentence(28)
            text.insert_embed(len(text), Map({}))
        length = len(text)
        for _ in range(50):
            at = dice.randrange(length - 200)
            if dice.random() < 0.7:
                text.insert(at, sentence(4))
            elif dice.random() < 0.2:
                text.format(at, at + 20, {f"b:{dice.randrange(10**9)}": 1})
            else:
                del text[at : at + dice.randint(5, 40)]
    user = str(people[sitting % 4].pk)
    asyncio.run(document.apply(changes[0], user))
    if sitting % 20 == 0:
        get_storage(room.yroom_name).compact(room.yroom_name)
    keep(room, doc.get_update(), Version.Cause.RESTORE, people=(user,))
print(f"/rooms/{room.pk}/")
"""

# Told by the page itself: when what is asked for is there, and how long it was busy without a break.
WATCHING: Final = """() => {
    window.longest = 0;
    new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ type: "longtask" });
    window.measure = (act, steps) => new Promise((done) => {
        const times = steps.map(() => null);
        const began = performance.now();
        const look = () => {
            steps.forEach((selector, step) => {
                if (times[step] === null && document.querySelector(selector)) {
                    times[step] = Math.round(performance.now() - began);
                }
            });
            if (times.includes(null)) requestAnimationFrame(look);
            // What goes on behind that is counted, too.
            else setTimeout(() => done([...times, Math.round(window.longest)]), 1000);
        };
        window.longest = 0;
        act();
        requestAnimationFrame(look);
    });
}"""
PICK = "document.querySelectorAll('[data-testid=history-version]')[{}].click()"
COMPARE = (
    "const list = document.querySelector('[data-testid=history-compare]'); list.value = '{}';"
    "list.dispatchEvent(new Event('change'))"
)
TEXT = "[data-testid=past-text] p, [data-testid=past-text] div"
MARKED = "[data-testid=past-text] .history-inserted"
CHANGE = ".history-change"
OPEN = "document.querySelector('[data-testid=history-open]').click()"
BACK = "document.querySelector('[data-testid=past-back]').click()"


def tell(page: Page, what: str, act: str, *steps: str) -> None:
    """Let the page do something, and print how long that took."""
    *times, longest = page.evaluate(f"([steps]) => window.measure(() => {{ {act} }}, steps)", [list(steps)])
    sys.stdout.write(f"{what:<24}{''.join(f'{time:>8}' for time in times)}    busy for {longest}\n")


@pytest.mark.parametrize("site", ["embedded"], indirect=True)
def test_speed(site: Site, log_in: LogIn) -> None:
    person = log_in(OWNER).open(site.shell(WRITING).splitlines()[-1])
    person.saved()
    page = person.page
    page.evaluate(WATCHING)
    tell(page, "the list", OPEN, "[data-testid=history-version]")
    tell(page, "the last version", PICK.format(0), TEXT, MARKED, CHANGE)
    tell(page, "the text as it is now", BACK, "html:not([data-past])")
    tell(page, "the last version again", PICK.format(0), TEXT, MARKED, CHANGE)
    tell(page, "the text as it is now", BACK, "html:not([data-past])")
    tell(page, "an older one", PICK.format(100), TEXT, MARKED, CHANGE)
    tell(page, "the text as it is now", BACK, "html:not([data-past])")
    tell(page, "the first one", PICK.format(499), TEXT)
    tell(page, "from then to now", COMPARE.format("now"), MARKED, CHANGE)

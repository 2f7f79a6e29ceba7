"""How long a key takes beside many comments: `uv run --no-sync pytest -n0 -s e2e/speed_of_comments.py`.

No test, as it says how fast a machine is. Somebody types in the midst of 3,000 lines, without and with 300 threads. It
prints how many milliseconds pass from a key to the frame that shows it, and for how long the page was busy in all.
"""

import sys
from statistics import median
from typing import Final

import pytest
from playwright.sync_api import expect

from .conftest import OWNER, LogIn, Site

# In the site's console.
WRITING: Final = """
import asyncio, base64, random, uuid
from pycrdt import Doc, Map, Text
from accounts.models import User
from comments.models import Comment, Thread
from rooms.models import Room
from yroom.document import YroomDocument

def number(value):
    data = b""
    while value > 127:
        data, value = data + bytes([value & 127 | 128]), value >> 7
    return data + bytes([value])

def place(clock, assoc):
    return base64.b64encode(b"\\0" + number(doc.client_id) + number(clock) + assoc).decode()

dice = random.Random(1)
WORDS = ["".join(dice.choices("etaoinshrdlucmfwyp", k=dice.randint(2, 10))) for _ in range(2000)]
owner = User.objects.get(email="demo@example.com")
room = Room.objects.create(owner=owner, title="Commented on")
doc = Doc()
text = doc.get("text", type=Text)
clock, starts = 0, []
for line in range(3000):
    words = " ".join(dice.choices(WORDS, k=12))
    starts.append((clock, words))
    text += words
    text.insert_embed(len(text), Map({}))
    clock += len(words) + 1
asyncio.run(YroomDocument(room.yroom_name).apply(doc.get_update(), str(owner.pk)))
for clock, words in starts[:: 3000 // THREADS] if THREADS else ():
    key = uuid.uuid4()
    ends = {"start": place(clock, b"\\0"), "end": place(clock + 9, b"\\x41")}
    thread = Thread.objects.create(pk=key, room=room, quote=words[:10], created_by=owner, **ends)
    Comment.objects.create(pk=key, thread=thread, author=owner, text="What do you think of this?")
print(f"/rooms/{room.pk}/")
"""

WATCHING: Final = """() => {
    window.taken = [];
    window.busy = 0;
    new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.busy += duration;
    }).observe({ type: "longtask" });
    addEventListener("keydown", ({ timeStamp }) => {
        requestAnimationFrame(() => setTimeout(() => window.taken.push(performance.now() - timeStamp)));
    }, true);
}"""


@pytest.mark.parametrize("site", ["embedded"], indirect=True)
def test_speed(site: Site, log_in: LogIn) -> None:
    person = log_in(OWNER)
    page = person.page
    for threads in (0, 300):
        person.open(site.shell(f"THREADS = {threads}\n{WRITING}").splitlines()[-1])
        person.saved()
        expect(page.locator(".comment-words")).to_have_count(threads)
        person.text.locator("p").nth(1500).click()
        page.evaluate(WATCHING)
        page.keyboard.type("forty keys of a sentence in the middle of", delay=100)
        page.keyboard.press("Enter")
        page.keyboard.type("forty keys of a sentence in the middle of", delay=100)
        person.saved()
        taken = sorted(page.evaluate("taken"))
        sys.stdout.write(
            f"{threads:>4} threads: median {median(taken):.0f} ms, worst {taken[-1]:.0f} ms,"
            f" busy for {page.evaluate('busy'):.0f} ms in all\n"
        )

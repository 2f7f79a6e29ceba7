"""Who wrote what is known whatever happens to the servers; what one browser brings of another, that one confirms."""

import asyncio
import json
from collections.abc import Callable

from tests.hunts import variants
from tests.yroom.client import YClient
from tests.yroom.conftest import Project

Sites = Callable[..., Project]

# Who somebody is stands in a header, instead of in a session.
CONSUMERS = """

def get_login(self):
    return dict(self.scope["headers"]).get(b"x-user", b"").decode()


Open.get_login = get_login
"""
READ = """
import json
from yroom.authors import notes
print(json.dumps(sorted([n.kind, n.client, n.clock, n.end, n.user, n.confirmed, n.by] for n in notes("textcollab.1"))))
"""


class Person(YClient):
    def __init__(self, site: Project, user: str) -> None:
        super().__init__(site.url("1"), headers={"X-User": user})

    @property
    def number(self) -> int:
        return int(self.doc.client_id)


def known(site: Project) -> list[list[object]]:
    """What is known; neighbours that say the same as one."""
    rows: list[list[object]] = []
    for row in json.loads(site.manage("shell", "-c", READ).splitlines()[-1]):
        if rows and [*rows[-1][:2], rows[-1][3], *rows[-1][4:]] == [*row[:3], *row[4:]]:
            rows[-1][3] = row[3]
        else:
            rows.append(row)
    return rows


async def start(site: Project) -> None:
    """Start everything, after a power failure maybe."""
    for server in site.running:
        if server.process.poll() is None:
            server.kill()
    starting = [asyncio.to_thread(site.start_web)]
    if not site.embedded:
        starting.append(asyncio.to_thread(site.start_worker))
    await asyncio.gather(*starting)


@variants("embedded", {"embedded": True, "separate": False}, short={"separate"})
async def test_who_wrote_what_survives(make_site: Sites, embedded: bool) -> None:
    site = make_site(
        embedded=embedded, postgres=not embedded, settings='YROOM_SETTINGS["default"]["COMPACT_UPDATES"] = 10\n'
    )
    with (site.folder / "textcollab" / "consumers.py").open("a") as file:
        file.write(CONSUMERS)
    await start(site)
    ada, ben = Person(site, "1"), Person(site, "2")
    async with ada, ben:
        for letter in "twelve words":
            await ada.insert(letter)
        await ben.until_text("twelve words")
        await ben.insert(", and mine")
        await ben.delete(0, 7)
        await ada.until_text("words, and mine")
        await asyncio.gather(ada.until_saved(), ben.until_saved())
    expected = [
        [0, ada.number, 0, 12, "1", True, ""],
        [0, ben.number, 0, 10, "2", True, ""],
        [1, ada.number, 0, 7, "2", True, ""],
    ]
    assert await asyncio.to_thread(known, site) == sorted(expected)
    await start(site)
    assert await asyncio.to_thread(known, site) == sorted(expected)
    # What Ada typed came to Ben before the power failed, and he is the first to come back.
    before = ada.doc.get_state()
    ada.text.insert(0, "Lost: ")
    ben.doc.apply_update(ada.doc.get_update(before))
    async with ben:
        await ben.until_saved()
    brought = [0, ada.number, 12, 18, "1", False, "2"]
    assert brought in await asyncio.to_thread(known, site)
    # Nor is it forgotten over another failure that it is not confirmed. She comes, and has the same.
    await start(site)
    async with ben, ada:
        assert str(ada.text) == str(ben.text) == "Lost: words, and mine"
        await ada.until_saved()
        for _ in range(600):
            if brought not in (rows := await asyncio.to_thread(known, site)):
                break
        assert [0, ada.number, 0, 18, "1", True, ""] in rows

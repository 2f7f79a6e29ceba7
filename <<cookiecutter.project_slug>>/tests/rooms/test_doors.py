"""Who knocks at the site's sockets without being let in: pages of other sites, and paths that lead nowhere."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models import QuerySet
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from accounts.models import User
from rooms import consumers
from rooms.models import Room
from tests.yroom.client import YClient

from .test_live_permissions import Crew, make_site

# They share a server.
pytestmark = pytest.mark.xdist_group("doors")

ROOM = "00000000-0000-0000-0000-000000000000"
# Each but for the site's own; PORT is where it listens. The site answers to whatever host it is asked for.
FOREIGN = [
    "https://127.0.0.1:PORT",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://127.0.0.1:99999",
    "http://localhost:PORT",
    "http://evil.example",
    "http://evil.example:PORT",
    "http://127.0.0.1:PORT@evil.example",
    "http://evil@127.0.0.1:PORT",
    "http://127.0.0.1:PORT.evil.example",
    "http://127.0.0.1:PORT/",
    "http://127.0.0.1.evil.example:PORT",
    "http://[::1]:PORT",
    "http://[1",
    "127.0.0.1:PORT",
    "//127.0.0.1:PORT",
    "ws://127.0.0.1:PORT",
    "file://",
    "null",
    "*",
    "",
    "http://deep.trusted.example:1",
    "http://nottrusted.example",
    "https://trusted.example",
]
OWN = ["http://127.0.0.1:PORT", "http://deep.trusted.example", "https://exact.example:8443"]
PATHS = [
    "/",
    "/ws",
    "/ws/rooms/",
    "/ws/rooms/1",
    f"/ws/rooms/{ROOM}/",
    f"/ws/rooms/{ROOM}/more",
    f"/WS/rooms/{ROOM}",
    f"//ws/rooms/{ROOM}",
    "/accounts/login/",
    "/%00",
    "/%ff%fe",
    "/ws/rooms/%F0%9F%98%80",
    "/" + "x" * 4000,
]
TRUSTED = '\nALLOWED_HOSTS = ["*"]\nCSRF_TRUSTED_ORIGINS = ["http://*.trusted.example", "https://exact.example:8443"]\n'


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """A site that lets every host in."""
    site = make_site(tmp_path_factory.mktemp("doors"))
    with (site.folder / "settings.py").open("a") as settings:
        settings.write(TRUSTED)
    site.start(1)
    yield site.crews[0]
    site.stop()


@pytest.mark.parametrize("origins", [FOREIGN, OWN], ids=["foreign", "own"])
async def test_only_pages_of_the_site_get_a_socket(crew: Crew, origins: list[str]) -> None:
    url = f"ws://127.0.0.1:{crew.site.port}/ws/rooms/{crew.room}"
    cookie = {"Cookie": f"sessionid={crew.sessions['owner']}"}
    statuses = {}
    for each in origins:
        origin = each.replace("PORT", str(crew.site.port))
        try:
            async with connect(url, origin=Origin(origin), additional_headers=cookie, proxy=None) as socket:
                await socket.recv()
                statuses[each] = 101
        except InvalidStatus as refused:
            statuses[each] = refused.response.status_code
    # What is no address at all, the server refuses by itself.
    allowed = {101} if origins is OWN else {400, 403}
    assert {each: status for each, status in statuses.items() if status not in allowed} == {}
    with pytest.raises(InvalidStatus):
        await connect(url, additional_headers=cookie, proxy=None)


async def test_a_path_that_leads_nowhere_is_closed_for_good(crew: Crew) -> None:
    """Nobody has to be logged in for that, and the log is not filled with what went wrong."""
    origin = Origin(f"http://127.0.0.1:{crew.site.port}")
    codes = {}
    for path in PATHS:
        async with connect(f"ws://127.0.0.1:{crew.site.port}{path}", origin=origin, proxy=None) as socket:
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            codes[path] = socket.close_code
    assert codes == dict.fromkeys(PATHS, 4404)
    assert "Traceback" not in crew.site.running[0].output
    client: YClient = crew.socket("owner")
    async with client:
        await client.insert("unharmed")
        await client.until_saved()


@pytest.mark.parametrize(
    "close",
    [lambda accounts: accounts.update(is_active=False), lambda accounts: accounts.delete()],
    ids=["deactivated", "deleted"],
)
def test_whose_account_is_closed_meanwhile_is_told_to_log_in(
    close: Callable[[QuerySet[User]], object], room: Room, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a socket's look at its session and the one at its room: not that the room is no longer theirs."""

    async def at_once(function: Callable[[], Any]) -> Any:
        return function()

    async def note(code: int, reason: str) -> None:
        closed.append(code)

    closed: list[int] = []
    consumer = consumers.RoomConsumer()
    consumer.scope = {"url_route": {"kwargs": {"pk": room.pk}}}
    monkeypatch.setattr(consumer, "close", note)
    monkeypatch.setattr(consumers, "in_thread", at_once)
    close(User.objects.filter(pk=people["editor"].pk))
    # It waits for nothing, and an event loop would have another connection to the database.
    with pytest.raises(StopIteration) as ended:
        consumer._look_up_room(people["editor"], 4403).send(None)
    assert (ended.value.value, closed) == (False, [4401])

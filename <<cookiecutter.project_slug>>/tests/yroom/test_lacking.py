"""What lacks something, and what cuts a character in two, on running servers."""

import uuid

from pycrdt import Text

from yroom.protocol import STEP1, SYNC, sync_update

from .client import YClient
from .conftest import Project
from .test_kept import EMOJI
from .test_room import typed
from .test_structs import identity, update_of

ASKED = bytes((SYNC, STEP1))


def is_told(client: YClient) -> bool:
    return any(control.get("code") == "set_aside" for control in client.controls)


async def test_what_lacks_something_is_asked_for_and_set_aside(project: Project) -> None:
    """And joined, passed on and saved once what it lacks comes from somebody else: at once, or after a restart."""
    for apart in (False, True):
        name = uuid.uuid4().hex
        first, second = typed("a", "b")
        async with YClient(project.url(name)) as alice:
            greeted = sum(frame.startswith(ASKED) for frame in alice.frames)
            await alice.send(sync_update(second))
            await alice.until(lambda client=alice: is_told(client))  # type: ignore[misc]
            assert sum(frame.startswith(ASKED) for frame in alice.frames) == greeted + 1
            assert alice.saved < alice.sent_documents
            found = project.manage("yroom_check", f"textcollab.{name}")
            assert "1 of them waiting for something missing" in found
            if apart:
                await alice.close()
            async with YClient(project.url(name)) as bob:
                assert str(bob.text) == ""
                bob.doc.apply_update(first)
                await bob._flush()
                await bob.until_text("ba")
                await bob.until_saved()
                if not apart:
                    await alice.until_text("ba")
                    await alice.until_saved()
            async with YClient(project.url(name)) as reader:
                assert str(reader.text) == "ba"


async def test_who_is_asked_sends_what_was_missing(project: Project) -> None:
    name = uuid.uuid4().hex
    first, second = typed("a", "b")
    async with YClient(project.url(name)) as alice, YClient(project.url(name)) as bob:
        # As if the first had been lost on the way.
        alice.doc.apply_update(first)
        alice._outbox.clear()
        alice.doc.apply_update(second)
        await alice._flush()
        await bob.until_text("ba")
        await alice.until_saved()
        assert not is_told(alice)


async def test_a_character_is_cut_in_two(project: Project) -> None:
    name = uuid.uuid4().hex
    between = update_of(b"\xc4" + identity(1, 0) + identity(1, 1) + b"\1x", client=2)
    async with YClient(project.url(name)) as alice, YClient(project.url(name)) as bob:
        await alice.send(sync_update(EMOJI))
        await alice.until_saved()
        await bob.send(sync_update(between))
        await bob.until_saved()
        assert (alice.close_code, bob.close_code) == (None, None)
        await alice.until(lambda: sync_update(between) in alice.frames)
    async with YClient(project.url(name)) as reader:
        assert str(reader.doc.get("r", type=Text)) == "\ufffdx\ufffdab"

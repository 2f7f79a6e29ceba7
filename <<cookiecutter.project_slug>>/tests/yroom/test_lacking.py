"""What lacks something, and what cuts a character in two, on running servers."""

import uuid
from pathlib import Path

import pytest
from pycrdt import Text

from yroom.crdt.protocol import STEP1, SYNC, sync_update
from yroom.web.hub import HELD
from yroom.wire.frames import CLOSE_RESTART

from .client import YClient
from .conftest import Project, make_project
from .test_kept import EMOJI
from .test_room import typed
from .test_structs import ROOT, identity, update_of

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


async def test_a_room_opens_whatever_waited_in_it_first(tmp_path: Path) -> None:
    """Its first row turns out to be nowhere, or where nothing of its kind may be, before there is a snapshot."""
    project = make_project(tmp_path, None, 'YROOM_SETTINGS["default"]["ROOTS"] = {"r": "text"}')
    try:
        web = project.start_web()
        first = update_of(b"\4" + ROOT + b"\1a")
        inside = update_of(b"\4\0" + identity(1, 0) + b"\1x", client=2)
        keyed = update_of(b"\x27\0" + identity(1, 0) + b"\1k\0", client=3)
        value = update_of(b"\x88" + identity(1, 0) + b"\1\x7e", client=4)
        names = [uuid.uuid4().hex for _ in range(3)]
        for name, wrong in zip(names, (inside, keyed, value), strict=True):
            async with YClient(project.url(name)) as alice, YClient(project.url(name)) as bob:
                await alice.send(sync_update(wrong))
                await alice.until(lambda client=alice: is_told(client))  # type: ignore[misc]
                await bob.send(sync_update(first))
                await bob.until_saved()
                if name == names[-1]:
                    web.kill()
        project.start_web()
        for name in names:
            async with YClient(project.url(name)) as reader:
                assert str(reader.doc.get("r", type=Text)) == "a", (names.index(name), repr(reader))
    finally:
        project.stop()


@pytest.mark.xdist_group("project separate")
async def test_who_is_there_while_the_worker_changes_is_told_in_the_end(separate: Project) -> None:
    """Whoever sent what lacks something notices nothing of the change, and is told that it is saved once it is."""
    name = uuid.uuid4().hex
    first, second = typed("a", "b")
    async with YClient(separate.url(name)) as alice, YClient(separate.url(name)) as carol:
        for _ in range(3):
            await alice.send(sync_update(second))
            await alice.until(lambda: is_told(alice))
            separate.running[-1].kill()
            separate.start_worker()
        # What she writes besides is saved, but not confirmed: what is confirmed is all up to that.
        alice.text.insert(0, "alice")
        await alice._flush()
        await carol.until_text("alice")
        assert alice.saved < alice.sent_documents
        await carol.send(sync_update(first))
        for client in (alice, carol):
            await client.until(lambda c=client: "ba" in str(c.text))  # type: ignore[misc]
            await client.until_saved()
        assert (alice.close_code, carol.close_code) == (None, None)


@pytest.mark.xdist_group("project separate")
async def test_who_waits_for_too_much_comes_anew_when_the_worker_changes(separate: Project) -> None:
    """More than the web process keeps: what was set aside is counted anew, and saved once it is complete."""
    name = uuid.uuid4().hex
    first, second = typed("a", "b" * (HELD + 1))
    async with YClient(separate.url(name)) as alice, YClient(separate.url(name)) as carol:
        await alice.send(sync_update(second))
        await alice.until(lambda: is_told(alice))
        separate.running[-1].kill()
        separate.start_worker()
        await alice.until(lambda: alice.close_code is not None)
        assert (alice.close_code, carol.close_code) == (CLOSE_RESTART, None)
        await alice.open()
        await alice.send(sync_update(second))
        await carol.send(sync_update(first))
        await carol.until_text("b" * (HELD + 1) + "a")
        await alice.until_saved()
        await carol.until_saved()


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

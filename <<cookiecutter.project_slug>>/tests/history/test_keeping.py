"""Which versions are kept, what they hold, and what is left of one that is erased."""

import os
import random
import re
import zlib
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pycrdt import Doc, Text

from accounts.models import User
from history import keeping
from history.conf import HistorySettings, history_settings
from history.keeping import erase, packed_changes, packed_state, thin_all
from history.models import LONGEST_NAME, Version, Whole
from history.signals import keep_by_itself
from history.thinning import superfluous
from rooms.authors import Author, Authors, Stretch
from rooms.models import Guest, Membership, Room
from tests.servers import ROOT
from yroom import errands

from .versions import Writer, words

# Each version stands for itself.
AT_ONCE = override_settings(HISTORY={"EVERY": 0.000001})


def all_words(room: Room) -> list[str]:
    """What is written in each version, the oldest first."""
    return [words(version) for version in room.versions.order_by("at")]


@AT_ONCE
def test_each_version_is_what_was_there_then(room: Room) -> None:
    """However many, in whatever order they are asked for, and whichever are erased; they cost what has changed."""
    writer = Writer(room)
    base = "".join(random.choices("abcdefgh ", k=20_000))
    expected = []
    for number in range(60):
        at = random.randrange(len(writer.text) or 1)
        if random.random() < 0.4 and len(writer.text) > 30:
            del writer.text[at // 2 : at // 2 + 20]
        writer.text.insert(at if number else 0, f"<{number}>" if number else base)
        assert writer.keep() is not None
        expected.append(str(writer.text))
    assert all_words(room) == expected
    held = sum(len(whole.state) for whole in Whole.objects.all())
    held += sum(len(version.changes) for version in room.versions.all())
    assert held < 4 * len(zlib.compress(writer.doc.get_update()))
    for _ in range(40):
        number = random.randrange(len(expected))
        erase(room, room.versions.order_by("at")[number].pk)
        del expected[number]
        assert all_words(room) == expected
    while expected:
        erase(room, room.versions.order_by("at")[0].pk)
        del expected[0]
        assert all_words(room) == expected
    assert not Whole.objects.exists()


@AT_ONCE
@pytest.mark.parametrize("which", range(3))
def test_nothing_is_left_of_an_erased_version(room: Room, which: int) -> None:
    """Not even in what another one is made of; nor of one that was thinned out before it."""
    writer = Writer(room)
    kept = [writer.keeps(text) for text in ("secret", "secret plans", "plans")]
    if which == 2:
        assert kept[0] is not None
        Version.objects.filter(pk=kept[0].pk).delete()
        kept = kept[1:]
    for version in kept[: 1 if which == 1 else 2]:
        assert version is not None
        if "secret" in words(version):
            erase(room, version.pk)
    stored = [zlib.decompress(whole.state) for whole in Whole.objects.all()]
    stored += [zlib.decompress(version.changes) for version in room.versions.all() if version.changes]
    assert any(b"plans" in each for each in stored)
    assert any(b"secret" in each for each in stored) == (which == 1)


@pytest.mark.parametrize("moved", [0, 2, 100])
@pytest.mark.parametrize("every", [0.000001, 1000.0])
def test_nothing_is_stored_that_no_version_shows(
    room: Room, monkeypatch: pytest.MonkeyPatch, moved: int, every: float
) -> None:
    """Whatever is thinned out, erased, or has its place taken."""
    monkeypatch.setattr("history.keeping.MOST_MOVED", moved)
    chance = random.Random(os.environ["TEST_SEED"])
    writer = Writer(room)
    expected: dict[int, str] = {}
    with override_settings(HISTORY={"EVERY": every, "MOST": 5, "THIN": ((None, 0),)}):
        for number in range(60):
            if number % 10 == 0:
                writer.text += "".join(chance.choices("abcdefgh ", k=2000))
            start = chance.randrange(len(writer.text))
            del writer.text[start : min(start + 20, len(writer.text))]
            writer.text.insert(start, f"<{number}>")
            version = writer.keep(chance.choice(["quiet", "restore"]))
            assert version is not None
            expected[version.pk] = str(writer.text)
            if chance.random() < 0.2:
                erase(room, chance.choice(room.versions.all()).pk)
            left = list(room.versions.select_related("whole").order_by("at"))
            assert {each.pk: words(each) for each in left} == {each.pk: expected[each.pk] for each in left}
            assert {each.whole_id for each in left if not each.changes} == set(
                Whole.objects.values_list("pk", flat=True)
            )
            if not left:
                continue
            one, other = sorted(chance.choices(left, k=2), key=lambda each: each.at)
            doc: Doc[Any] = Doc()
            for packed in (packed_state(one), packed_changes(one, other)):
                doc.apply_update(zlib.decompress(packed))
            assert str(doc.get("text", type=Text)) == expected[other.pk]


def test_one_version_in_so_many_minutes_and_always_the_last_words(room: Room) -> None:
    writer = Writer(room)
    for number in range(5):
        writer.keeps(f"pause {number}", people=[str(number)])
    (version,) = room.versions.all()
    assert (words(version), version.people) == ("pause 4", ["0", "1", "2", "3", "4"])
    # However often one pauses, it is one for each five minutes from the first on.
    room.versions.update(begun=timezone.now() - timedelta(seconds=history_settings().every))
    writer.keeps("later", people=["5"])
    assert all_words(room) == ["pause 4", "later"]
    # One with a name stays, and one that was kept before a restore.
    writer.keeps("named", "named", name="Final")
    writer.keeps("restored over", "restore")
    writer.keeps("last")
    assert all_words(room) == ["pause 4", "later", "named", "restored over", "last"]


def test_nothing_is_kept_twice(room: Room) -> None:
    writer = Writer(room)
    assert writer.keep() is None
    assert writer.keeps("words") is not None
    assert writer.keep() is None
    # But a name for it is, in place of none or beside another one.
    assert writer.keep("named", name="One") is not None
    assert writer.keep("named", name="Two") is not None
    assert writer.keep("restore") is None
    assert [version.name for version in room.versions.all()] == ["Two", "One"]
    assert all_words(room) == ["words", "words"]


class Quiet:
    """A document that has fallen quiet."""

    is_news = False

    def __init__(self, doc: Doc[Any], users: set[str]) -> None:
        self.doc = doc
        self.room = ""
        self.users = frozenset(users)

    def text(self, root: str) -> str | None:
        raise AssertionError("nobody needs that")

    def state(self) -> bytes:
        return self.doc.get_update()


def test_what_a_worker_missed_is_kept_as_the_document_is_opened(room: Room) -> None:
    writer = Writer(room)
    writer.text += "words"
    for _ in range(2):
        keep_by_itself(room, Quiet(writer.doc, {"1"}))
    assert all_words(room) == ["words"]


@AT_ONCE
def test_versions_are_thinned_where_nobody_writes_any_more(room: Room) -> None:
    writer = Writer(room)
    for number in range(6):
        writer.text.insert(0, f"{number} ")
        writer.keep()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
    oldest = list(room.versions.order_by("at"))
    for number, version in enumerate(oldest[:5]):
        Version.objects.filter(pk=version.pk).update(at=hour + timedelta(minutes=10 * number))
    Version.objects.filter(pk=oldest[0].pk).update(name="The first")
    expected = [words(version) for version in (oldest[0], oldest[4], oldest[5])]
    thin_all()
    assert all_words(room) == expected


@AT_ONCE
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_gone", [False, True])
def test_no_document_keeps_others_from_being_thinned(
    room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, is_gone: bool
) -> None:
    """Whether one has a version that cannot be read, or is deleted meanwhile."""
    rooms = [room, *(Room.objects.create(owner=room.owner) for _ in range(2))]
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
    for each in rooms:
        writer = Writer(each)
        writer.text.insert(0, "".join(random.choices("abcdefgh ", k=2000)))
        for number in range(3):
            writer.text.insert(0, f"{number} ")
            version = writer.keep()
            assert version is not None
            Version.objects.filter(pk=version.pk).update(at=hour + timedelta(minutes=10 * number))
    broken = Room.objects.filter(pk__in=[each.pk for each in rooms]).order_by("pk")[0]
    before = broken.versions.count()
    holding = keeping.held

    def held(asked: Room) -> Any:
        if asked == broken:
            Room.objects.filter(pk=broken.pk).delete()
        return holding(asked)

    if is_gone:
        monkeypatch.setattr(keeping, "held", held)
    else:
        Whole.objects.filter(room=broken).update(state=b"no zlib")
    thin_all()
    assert {each.versions.count() for each in rooms if each != broken} == {1}
    assert broken.versions.count() == (0 if is_gone else before)
    assert str(broken.pk) in caplog.text


@pytest.mark.postgresql
def test_old_versions_are_thinned(room: Room) -> None:
    """Of each stretch the last is left, the same whenever one looks, but where a step ends."""
    now = datetime(2026, 11, 27, 12, tzinfo=timezone.get_current_timezone())
    thin = HistorySettings().thin
    versions = [(number, now - timedelta(minutes=5 * number)) for number in range(100_000)]
    gone = set(superfluous(versions, now, thin, 10**6))
    left = [at for number, at in versions if number not in gone]

    def between(first: float, last: float) -> int:
        return sum(timedelta(days=first) <= now - at < timedelta(days=last) for at in left)

    assert between(0, 1) == 288
    assert 143 <= between(1, 7) <= 145
    assert 22 <= between(7, 30) <= 24
    assert 44 <= between(30, 348) <= 47
    later = now + timedelta(hours=7)
    again = [(number, at) for number, at in versions if number not in gone]
    both = {number for number, _ in again} - set(superfluous(again, later, thin, 10**6))
    assert len(both ^ ({number for number, _ in versions} - set(superfluous(versions, later, thin, 10**6)))) < 9
    assert len(versions) - len(set(superfluous(versions, now, thin, 50))) == 50


@override_settings(HISTORY={"EVERY": 0.000001, "MOST": 3, "THIN": ((None, 0),)})
def test_those_with_a_name_stay_whatever_their_age(room: Room) -> None:
    writer = Writer(room)
    writer.keeps("named", "named", name="Final")
    for number in range(6):
        writer.keeps(f"{number}")
    assert all_words(room) == ["named", "3", "4", "5"]


@override_settings(HISTORY={"MOST_NAMED": 2})
def test_names_are_limited(room: Room, client_of: Callable[[str], Client]) -> None:
    client = client_of("editor")

    def named(name: str) -> Any:
        return client.post(reverse("history", args=[room.pk]), {"name": name}, content_type="application/json")

    # Who had no answer for the last of them, and asks again, finds it.
    assert [named(name).status_code for name in ("One", " ", "Two", "Two", "Three")] == [200, 400, 200, 200, 409]
    assert room.versions.count() == 2
    newest = room.versions.all()[0]
    url = reverse("history_version", args=[room.pk, newest.pk])
    long = client.post(url, {"name": " x\n" * 200}, content_type="application/json").json()["versions"][0]["name"]
    assert len(long) <= LONGEST_NAME
    assert client.post(url, {"name": ""}, content_type="application/json").status_code == 200
    assert named("Three").status_code == 200
    for body in ("", "[]", '{"name": 5}', "{"):
        assert client.post(url, body, content_type="application/json").status_code == 400


@override_settings(HISTORY={"KEPT_PER_HOUR": 2})
def test_nobody_keeps_versions_without_end(room: Room, client_of: Callable[[str], Client]) -> None:
    client = client_of("editor")
    answers = [
        client.post(reverse("history", args=[room.pk]), {"name": name}, content_type="application/json").status_code
        for name in ("One", "Two", "Two", "Three")
    ]
    assert answers == [200, 200, 200, 429]
    restores = client.post(reverse("history", args=[room.pk]), {"restores": True}, content_type="application/json")
    assert restores.status_code == 429


@pytest.mark.parametrize("is_kept", [False, True])
def test_who_has_lost_the_document_meanwhile_keeps_nothing_of_it(
    room: Room, client_of: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch, *, is_kept: bool
) -> None:
    """To read a long one takes its time. Nor do they hear what is kept, where it is all that there is."""
    Writer(room).keeps("words")
    client = client_of("editor")
    if is_kept:
        client.post(reverse("history", args=[room.pk]), {"name": "Mine"}, content_type="application/json")
    count = room.versions.count()

    def read_slowly(call: Any) -> Any:
        room.memberships.all().delete()
        return errands.finished(call)

    monkeypatch.setattr("history.views.finished", read_slowly)
    answer = client.post(reverse("history", args=[room.pk]), {"name": "Mine"}, content_type="application/json")
    assert (answer.status_code, room.versions.count()) == (403, count)


def test_one_person_restores_at_a_time(room: Room, client_of: Callable[[str], Client]) -> None:
    """Who does not know of the other would bring back the same words once more."""
    Writer(room).keeps("words")

    def restores(part: str) -> int:
        answer = client_of(part).post(
            reverse("history", args=[room.pk]), {"restores": True}, content_type="application/json"
        )
        return answer.status_code

    assert [restores(part) for part in ("owner", "editor", "owner")] == [200, 409, 200]
    with override_settings(HISTORY={"RESTORES_ALONE": 0.000001}):
        assert restores("editor") == 200


def test_readers_see_what_was_there_if_the_owner_allows_it(room: Room, client_of: Callable[[str], Client]) -> None:
    version = Writer(room).keeps("words")
    assert version is not None
    urls = [reverse("history", args=[room.pk]), reverse("history_version", args=[room.pk, version.pk])]
    for part, allowed in (("viewer", False), ("editor", True), ("stranger", False)):
        assert {client_of(part).get(url).status_code for url in urls} == {200 if allowed else 403}
    switch = reverse("history_readers", args=[room.pk])
    for allowed in (True, False):
        client_of("owner").post(switch, {"allowed": allowed}, content_type="application/json")
        assert {client_of("viewer").get(url).status_code for url in urls} == {200 if allowed else 403}
        assert {client_of("stranger").get(url).status_code for url in urls} == {403}


def test_a_version_is_its_own_documents(
    room: Room, people: dict[str, User], client_of: Callable[[str], Client]
) -> None:
    version = Writer(room).keeps("words")
    other = Room.objects.create(owner=people["stranger"])
    assert version is not None
    for name in ("history_version", "history_erase"):
        url = reverse(name, args=[other.pk, version.pk])
        assert client_of("stranger").post(url, {"name": "x"}, content_type="application/json").status_code == 404
    assert client_of("stranger").get(reverse("history_version", args=[other.pk, version.pk])).status_code == 404
    # Numbers that no database takes, too.
    for key, since in ((10**30, version.pk), (version.pk, 10**18 - 1), (10**30, 10**17)):
        url = reverse("history_version", args=[room.pk, key])
        assert client_of("owner").get(url, {"since": since}).status_code == 404
    assert room.versions.count() == 1


def test_who_is_gone_is_not_named(room: Room, people: dict[str, User], client_of: Callable[[str], Client]) -> None:
    writer = Writer(room)
    guest = Guest.objects.create(name="Gast")
    writer.keeps("words", people=[str(people["editor"].pk), str(people["stranger"].pk), guest.key])
    people["stranger"].delete()
    listed = client_of("owner").get(reverse("history", args=[room.pk])).json()
    assert set(listed["people"]) == {str(people["editor"].pk), guest.key}
    assert len(listed["versions"][0]["people"]) == 3


def test_a_deleted_document_has_no_history_and_a_copy_none_yet(room: Room, client_of: Callable[[str], Client]) -> None:
    Writer(room).keeps("words")
    copy = {"asked": "1"}
    assert client_of("editor").post(reverse("room_duplicate", args=[room.pk]), copy).status_code == 302
    assert Room.objects.count() == 2
    assert Version.objects.count() == 1
    room.delete()
    assert (Version.objects.count(), Whole.objects.count()) == (0, 0)


def test_queries_do_not_grow_with_the_number_of_versions(
    room: Room, client_of: Callable[[str], Client], django_assert_num_queries: Any
) -> None:
    client = client_of("owner")
    client.get(reverse("history", args=[room.pk]))
    writer = Writer(room)
    for count in (1, 30):
        with AT_ONCE:
            for number in range(count):
                writer.keeps(f"{count} {number}", people=[str(room.owner_id)])
        with django_assert_num_queries(6):
            client.get(reverse("history", args=[room.pk]))


@AT_ONCE
def test_what_is_stored_of_a_version_is_sent_without_reading_the_whole(
    room: Room, client_of: Callable[[str], Client]
) -> None:
    """That is as long as the document."""
    writer = Writer(room)
    base = writer.keeps("".join(random.choices("abcdefgh ", k=5000)))
    writer.text += " and more"
    version = writer.keep()
    assert base is not None
    assert version is not None
    assert base.whole_id == version.whole_id
    client, url = client_of("owner"), reverse("history_version", args=[room.pk, version.pk])
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(url, {"since": base.pk})
    assert answer.content == bytes(version.changes)
    assert not [each for each in asked.captured_queries if '"history_whole"."state"' in each["sql"]]


def test_an_answer_about_authors_is_no_longer_than_what_is_known(
    room: Room, client_of: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often a browser asks for the same, and in whatever parts."""
    people = [Author("1", "Ada", "#000000"), Author("2", "Bob", "#ffffff")]
    written = [Stretch(1, clock, 1, people[clock % 2], None, None) for clock in range(100)]
    monkeypatch.setattr("history.views.authors_of", lambda *_: Authors(written, ()))
    client, url = client_of("owner"), reverse("history_authors", args=[room.pk])

    def asked(*runs: tuple[int, int, int]) -> list[list[int]]:
        answer = client.post(url, {"written": runs, "deleted": []}, content_type="application/json").json()
        return [row[:3] for row in answer["written"]]

    assert asked(*[(1, 0, 100)] * 50) == [[1, clock, 1] for clock in range(100)]
    assert asked((1, 5, 2), (1, 2, 2), (1, 3, 1), (2, 0, 9)) == [[1, clock, 1] for clock in (2, 3, 5, 6)]
    for body in ("{", "[]", '{"written":' * 100_000, b"\xff"):
        assert client.post(url, body, content_type="application/json").status_code == 400


def test_settings_are_read_and_documented() -> None:
    readme = (ROOT / "history" / "README.md").read_text()
    table = dict(re.findall(r"^\| `([A-Z_]+)` \| `(.+?)` \|", readme, re.MULTILINE))
    defaults = HistorySettings()
    assert table == {field.name.upper(): repr(getattr(defaults, field.name)) for field in fields(HistorySettings)}
    for wrong in ({"OFTEN": 1}, {"EVERY": 0}, {"THIN": ()}, {"THIN": ((None, 5), (1, 5))}):
        with override_settings(HISTORY=wrong), pytest.raises(ImproperlyConfigured):
            history_settings()


def test_a_role_that_is_taken_away_takes_the_history_along(room: Room, client_of: Callable[[str], Client]) -> None:
    version = Writer(room).keeps("words")
    assert version is not None
    client = client_of("editor")
    url = reverse("history_version", args=[room.pk, version.pk])
    assert client.get(url).status_code == 200
    Membership.objects.filter(room=room).update(role="viewer")
    assert client.get(url).status_code == 403

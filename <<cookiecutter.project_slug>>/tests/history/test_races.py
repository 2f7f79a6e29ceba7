"""What is kept while somebody changes who may do what in the same document."""

import threading

import pytest
from django.db import connection

from accounts.models import User
from history.keeping import held
from history.models import Version, Whole
from rooms.access import Ability
from rooms.actions import hold
from rooms.models import Room

pytestmark = pytest.mark.postgresql


@pytest.mark.django_db(transaction=True)
def test_a_page_and_a_worker_do_not_wait_for_each_other(room: Room, people: dict[str, User]) -> None:
    """Both take hold of the document first: who has its history would else wait for who waits for that."""
    began, failed = threading.Event(), list[Exception]()

    def page() -> None:
        try:
            with hold(people["owner"], room.pk, Ability.MANAGE):
                began.set()
                with held(room):
                    pass
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=page)
    with held(room):
        thread.start()
        # It comes as far as it can; where it has to wait, that is all there is to see.
        began.wait(0.5)
        whole = Whole.objects.create(room=room, state=b"")
        Version.objects.create(room=room, whole=whole, size=0, changes=b"")
    thread.join()
    # With the tests' SQLite, which is in memory, nobody waits at all.
    assert not [error for error in failed if connection.vendor == "postgresql" or "deadlock" in str(error)]
    assert Version.objects.count() == 1

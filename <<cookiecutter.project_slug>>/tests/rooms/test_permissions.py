"""Who gets what from every URL of the site: the tables below hold an answer for each, and none may be missing."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

from accounts.models import User
from rooms.access import Role
from rooms.models import AccessRequest, Arrival, Audience, Guest, Invitation, Link, Membership, Room
from rooms.people import remember
from rooms.urls import urlpatterns as rooms_urls
from tests.comments import threads as comments
from tests.history import versions as history
from tests.publish import pages as publish
from yroom.models import DamagedRoom, DamagedRow

PASSWORD = "correct horse battery"
# The room's title: who may not open the room must not read it anywhere.
SECRET = "Zanzibar"
TOKEN = "t" * 32
# Whoever has been let out again is nobody too.
NOBODY = ("anonymous", "deactivated", "expired", "logged out", "new password")

# A cell is a status, `seen` for one after which the database says so, or one of these redirects:
#   login   to the login page
#   idle    to another page, and nothing has changed
#   302     to another page, and what was posted has been done
#   again   to where one has to enter the password again
#   admin   to the admin site's login, which leads to the login page
ROOMS = """
                        GET                                            POST
                        owner editor commenter viewer stranger nobody  owner editor commenter viewer stranger nobody
dashboard               200   200    200       200    200      login   405   405    405       405    405      405
room_new                405   405    405       405    405      405     302   302    302       302    302      login
trash                   200   200    200       200    200      login   405   405    405       405    405      405
room                    200   200    200       200    403      login   405   405    405       405    405      405
rooms_open              200   200    200       200    200      200     405   405    405       405    405      405
room_rename             200   200    403       403    403      login   302   302    403       403    403      login
room_members            200   403    403       403    403      login   302   403    403       403    403      login
room_member             405   405    405       405    405      405     302   403    403       403    403      login
room_invitation         405   405    405       405    405      405     302   403    403       403    403      login
room_invitation_answer  idle  idle   idle      idle   idle     login   idle  idle   idle      idle   idle     login
room_offline            405   405    405       405    405      405     415   415    403       403    403      login
room_sharing            200   200    200       200    403      login   405   405    405       405    405      405
room_link_settings      405   405    405       405    405      405     302   403    403       403    403      login
room_arrival            405   405    405       405    405      405     302   403    403       403    403      login
room_link               200   200    200       200    200      200     idle  idle   302       302    302      200
room_ask                405   405    405       405    405      405     idle  idle   idle      idle   302      login
room_request            200   403    403       403    403      login   302   403    403       403    403      login
room_authors            200   200    200       200    403      login   405   405    405       405    405      405
room_undone             405   405    405       405    405      405     200   200    403       403    403      401
room_duplicate          200   200    200       200    403      login  302   302    302       302    403      login
room_leave              405   405    405       405    405      405     403   302    302       302    403      login
room_trash              405   405    405       405    405      405     302   403    403       403    403      login
room_restore            405   405    405       405    405      405     idle  403    403       403    403      login
room_delete             405   405    405       405    405      405     403   403    403       403    403      login
notices_people          200   200    200       200    403      login   405   405    405       405    405      405
notices_named           405   405    405       405    405      405     200   200    403       403    403      login
comments                200   200    200       200    403      401    seen  seen   seen      403    403      401
comments_thread         200   200    200       200    403      401    seen  seen   seen      403    403      401
comments_edit           405   405    405       405    405      405    403   seen   403       403    403      401
comments_delete         405   405    405       405    405      405    seen  seen   403       403    403      401
comments_resolve        405   405    405       405    405      405    seen  seen   seen      403    403      401
comments_places         405   405    405       405    405      405    200   200    403       403    403      401
comments_viewers        405   405    405       405    405      405    seen  403    403       403    403      401
history                 200   200    403       403    403      401    seen  seen   403       403    403      401
history_version         200   200    403       403    403      401    seen  seen   403       403    403      401
history_brought         405   405    405       405    405      405    200   200    403       403    403      401
history_erase           405   405    405       405    405      405    seen  403    403       403    403      401
history_readers         405   405    405       405    405      405    seen  403    403       403    403      401
history_authors         405   405    405       405    405      405    200   200    403       403    403      401
publish                 200   200    200       200    403      401    seen  403    403       403    403      401
public_page             410   410    410       410    410      410    405   405    405       405    405      405
"""
ROOMS_IN_THE_TRASH = """
                        GET                                            POST
                        owner editor commenter viewer stranger nobody  owner editor commenter viewer stranger nobody
dashboard               200   200    200       200    200      login   405   405    405       405    405      405
room_new                405   405    405       405    405      405     302   302    302       302    302      login
trash                   200   200    200       200    200      login   405   405    405       405    405      405
room                    idle  404    404       404    403      login   405   405    405       405    405      405
rooms_open              200   200    200       200    200      200     405   405    405       405    405      405
room_rename             404   404    404       404    403      login   404   404    404       404    403      login
room_members            404   404    404       404    403      login   404   404    404       404    403      login
room_member             405   405    405       405    405      405     404   404    404       404    403      login
room_invitation         405   405    405       405    405      405     404   404    404       404    403      login
room_invitation_answer  idle  idle   idle      idle   idle     login   idle  idle   idle      idle   idle     login
room_offline            405   405    405       405    405      405     404   404    404       404    403      login
room_sharing            404   404    404       404    403      login   405   405    405       405    405      405
room_link_settings      405   405    405       405    405      405     404   404    404       404    403      login
room_arrival            405   405    405       405    405      405     404   404    404       404    403      login
room_link               200   200    200       200    200      200     403   403    403       403    403      403
room_ask                405   405    405       405    405      405     idle  idle   idle      idle   idle     login
room_request            404   404    404       404    403      login   404   404    404       404    403      login
room_authors            404   404    404       404    403      login   405   405    405       405    405      405
room_undone             405   405    405       405    405      405     404   404    404       404    403      401
room_duplicate          404   404    404       404    403      login   404   404    404       404    403      login
room_leave              405   405    405       405    405      405     404   404    404       404    403      login
room_trash              405   405    405       405    405      405     302   403    403       403    403      login
room_restore            405   405    405       405    405      405     302   403    403       403    403      login
room_delete             405   405    405       405    405      405     302   403    403       403    403      login
notices_people          404   404    404       404    403      login   405   405    405       405    405      405
notices_named           405   405    405       405    405      405     404   404    404       404    403      login
comments                404   404    404       404    403      401     404   404    404       404    403      401
comments_thread         404   404    404       404    403      401     404   404    404       404    403      401
comments_edit           405   405    405       405    405      405     404   404    404       404    403      401
comments_delete         405   405    405       405    405      405     404   404    404       404    403      401
comments_resolve        405   405    405       405    405      405     404   404    404       404    403      401
comments_places         405   405    405       405    405      405     404   404    404       404    403      401
comments_viewers        405   405    405       405    405      405     404   404    404       404    403      401
history                 404   404    404       404    403      401     404   404    404       404    403      401
history_version         404   404    404       404    403      401     404   404    404       404    403      401
history_brought         405   405    405       405    405      405     404   404    404       404    403      401
history_erase           405   405    405       405    405      405     404   404    404       404    403      401
history_readers         405   405    405       405    405      405     404   404    404       404    403      401
history_authors         405   405    405       405    405      405     404   404    404       404    403      401
publish                 404   404    404       404    403      401     404   404    404       404    403      401
public_page             410   410    410       410    410      410     405   405    405       405    405      405
"""
# People whom a link lets in, as editors: with an account, and as a guest. All other URLs send guests to the login page.
BY_LINK = """
                        GET           POST
                        linked guest  linked guest
room                    200    200    405    405
rooms_open              200    200    405    405
room_rename             200    login  302    login
room_members            403    login  403    login
room_member             405    405    403    login
room_invitation         405    405    403    login
room_sharing            200    200    405    405
room_link_settings      405    405    403    login
room_arrival            405    405    403    login
room_link               200    200    idle   idle
room_ask                405    405    idle   login
room_request            403    login  403    login
room_authors            200    200    405    405
room_undone             405    405    200    200
room_duplicate          200    login  302    login
room_leave              405    405    302    login
room_trash              405    405    403    login
room_restore            405    405    403    login
room_delete             405    405    403    login
"""
BY_LINK_IN_THE_TRASH = """
                        GET           POST
                        linked guest  linked guest
room                    404    404    405    405
rooms_open              200    200    405    405
room_rename             404    login  404    login
room_sharing            404    404    405    405
room_authors            404    404    405    405
room_undone             405    405    404    404
room_link               200    200    403    403
room_leave              405    405    404    login
room_trash              405    405    403    login
"""
# `owner` has entered the password just now, `stale` is the same person long after; they have a second factor.
ACCOUNTS = """
                                      GET                       POST
                                      owner  stale  nobody      owner  stale  nobody
healthz                               200    200    200         405    405    405
account_profile                       200    200    login       302    302    login
account_login                         idle   idle   200         idle   idle   200
account_logout                        200    200    login       login  login  login
account_inactive                      200    200    200         405    405    405
account_signup                        idle   idle   200         idle   idle   200
account_reauthenticate                200    200    login       200    200    login
account_email                         200    200    login       idle   again  login
account_email_verification_sent       idle   idle   login       idle   idle   login
account_change_password               200    200    login       302    302    login
account_set_password                  idle   idle   login       idle   idle   login
account_reset_password                200    200    200         200    200    200
account_reset_password_done           200    200    200         405    405    405
account_reset_password_from_key       200    200    200         200    200    200
account_reset_password_from_key_done  200    200    200         405    405    405
account_confirm_login_code            idle   idle   login       idle   idle   login
mfa_index                             200    200    login       405    405    login
mfa_authenticate                      idle   idle   login       idle   idle   login
mfa_reauthenticate                    200    200    login       200    200    login
mfa_activate_totp                     idle   again  login       idle   again  login
mfa_deactivate_totp                   200    again  login       302    again  login
mfa_view_recovery_codes               seen   again  login       405    405    login
mfa_generate_recovery_codes           200    again  login       302    again  login
mfa_download_recovery_codes           seen   again  login       seen   again  login
leaving                               200    200    login       405    405    405
leaving_delete                        405    405    405         302    again  login
leaving_export                        405    405    405         200    200    login
notices                               200    200    login       405    405    405
notices_read                          405    405    405         idle   idle   login
notices_unread                        200    200    401         405    405    405
notices_mail                          405    405    405         302    302    login
notice                                405    405    405         404    404    login
notices_stop                          404    404    404         404    404    404
offline_documents                     200    200    login       405    405    405
offline_set                           200    200    login       405    405    405
offline_worker                        200    200    200         405    405    405
usersessions_list                     200    200    login       idle   idle   login
welcome_demo                          404    404    404         405    405    405
"""
# `staff` has no permission given; all other URLs of the admin site are about a model, and go by the last line.
ADMIN = """
                                GET                           POST
                                root  staff  owner  nobody    root  staff  owner  nobody
admin:login                     idle  idle   403    login     200   200    403    login
admin:logout                    405   405    idle   idle      login login  idle   idle
admin:index                     200   200    admin  admin     200   200    admin  admin
admin:password_change           200   200    admin  admin     200   200    admin  admin
admin:password_change_done      200   200    admin  admin     405   405    admin  admin
admin:autocomplete              403   403    admin  admin     405   405    admin  admin
admin:jsi18n                    200   200    admin  admin     405   405    admin  admin
admin:view_on_site              idle  idle   admin  admin     idle  idle   admin  admin
admin:app_list                  200   404    admin  admin     200   404    admin  admin
admin:None                      idle  idle   admin  admin     idle  idle   admin  admin
admin:model                     200   403    admin  admin     200   403    admin  admin
admin:django_tasks_database_dbtaskresult_add     403   403    admin  admin     403   403    admin  admin
admin:django_tasks_database_dbtaskresult_change  200   403    admin  admin     403   403    admin  admin
admin:yroom_damagedroom_add     403   403    admin  admin     403   403    admin  admin
admin:yroom_damagedroom_change  200   403    admin  admin     403   403    admin  admin
admin:yroom_damagedroom_delete  403   403    admin  admin     403   403    admin  admin
admin:yroom_damagedrow_add      403   403    admin  admin     403   403    admin  admin
admin:yroom_damagedrow_change   200   403    admin  admin     403   403    admin  admin
"""

# What scripts send to a URL
SENT_AS_JSON: dict[str, Any] = {
    "room_undone": {"runs": [[1, 0, 2, 0, 5]]},
    **comments.POSTED,
    **history.POSTED,
    **publish.POSTED,
}

# URL, method and who gets which answer
Row = tuple[str, str, dict[str, str]]
# What stands in a URL, by its name
Arguments = dict[str, tuple[Any, ...]]


def rows(table: str, nobody: tuple[str, ...] = NOBODY) -> list[Row]:
    """The table's rows, each cut in two where the second method begins."""
    _, head, *lines = table.strip().splitlines()
    parts = head.split()[: len(head.split()) // 2]
    found = []
    for name, *answers in map(str.split, lines):
        for method, half in (("get", answers[: len(parts)]), ("post", answers[len(parts) :])):
            given = dict(zip(parts, half, strict=True))
            refused = given.pop("nobody", None)
            found.append((name, method, given | (dict.fromkeys(nobody, refused) if refused is not None else {})))
    return found


def listed(*tables: str) -> set[str]:
    """The names of the URLs in these tables."""
    return {name for table in tables for name, _, _ in rows(table)}


def names(resolver: Any, namespace: str = "") -> Iterator[str]:
    """The names of all URLs of the site."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from names(entry, f"{entry.namespace}:" if entry.namespace else namespace)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}"


@pytest.fixture
def site(people: dict[str, User], person: Any, room: Room, settings: Any) -> Arguments:
    """People, a room and whatever else has a page; returns the arguments of each URL that has some."""
    settings.LINKS_FOR_ANYONE = True
    Room.objects.filter(pk=room.pk).update(title=SECRET)
    invitation = Invitation.objects.create(room=room, email="invited@example.com")
    asked = AccessRequest.objects.create(room=room, user=person("Asker"))
    link = Link.objects.create(room=room, audience=Audience.ANYONE, role=Role.EDITOR, token=TOKEN)
    people["linked"] = person("Linked")
    Arrival.objects.create(link=link, user=people["linked"])
    came = Arrival.objects.create(link=link, guest=Guest.objects.create(name="Ada"))
    membership = Membership.objects.get(room=room, user=people["viewer"])
    people["root"] = person("Root", is_staff=True, is_superuser=True)
    people["staff"] = person("Staff", is_staff=True)
    people["nobody"] = person("Nobody")
    Membership.objects.create(room=room, user=people["nobody"], role=Role.EDITOR)
    TOTP.activate(people["owner"], "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(people["owner"])
    Group.objects.create(name="A group")
    DBTaskResult.objects.create(
        task_path="tasks.mail.deliver", args_kwargs={}, backend_name="default", run_after=get_date_max()
    )
    DamagedRoom.objects.create(room="room.1")
    DamagedRow.objects.create(room="room.1", data=b"damaged", checksum=0, created=timezone.now())
    arguments: Arguments = {
        "room_member": (room.pk, membership.pk),
        **comments.arguments(room, people["editor"]),
        "notices_people": (room.pk,),
        "notices_named": (room.pk,),
        **history.arguments(room),
        **publish.arguments(room),
        "room_invitation": (room.pk, invitation.pk),
        "room_request": (room.pk, asked.pk),
        "room_arrival": (room.pk, came.pk),
        "account_reset_password_from_key": ("1", "a-b"),
        "welcome_demo": ("1:signature",),
        "notice": (1,),
        "notices_stop": ("signature",),
        "admin:view_on_site": (ContentType.objects.get_for_model(Room).pk, room.pk),
        "admin:app_list": ("rooms",),
        "admin:auth_user_password_change": (people["stranger"].pk,),
    }
    for name in set(names(get_resolver())):
        if name.startswith("room_") or name == "room":
            arguments.setdefault(name, () if name == "room_new" else (room.pk,))
    for model in admin.site._registry:
        for action in ("history", "delete", "change"):
            existing = model._default_manager.order_by("pk").first()
            assert existing is not None, f"a {model.__name__} is needed"
            arguments[f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}"] = (existing.pk,)
    return arguments


def posted(name: str) -> dict[str, Any]:
    """What a form of the site sends to a URL; nothing where the form would be refused for what is in it."""
    if name in SENT_AS_JSON:
        return {"data": SENT_AS_JSON[name], "content_type": "application/json"}
    return {
        "data": {
            "room_new": {"title": "New"},
            "room_rename": {"title": "New"},
            "room_members": {"email": "new@example.com", "role": "editor"},
            "room_member": {"role": "editor"},
            "room_duplicate": {"asked": "1"},
            "room_invitation": {"role": "viewer"},
            "room_link": {"token": TOKEN},
            "room_link_settings": {"audience": "signed_in", "role": "viewer"},
            "room_ask": {"message": "Please"},
            "room_request": {"role": "viewer"},
            "account_profile": {"name": "New"},
            "account_email": {"action_add": "", "email": "new@example.com"},
            "account_change_password": {
                "oldpassword": PASSWORD,
                "password1": "another horse battery",
                "password2": "another horse battery",
            },
        }.get(name, {})
    }


def browser(who: str, people: dict[str, User], **options: Any) -> Client:
    """The browser of somebody who is logged in, or was."""
    client = Client(**options)
    if who == "anonymous":
        return client
    if who == "guest":
        session = client.session
        remember(session, Guest.objects.get())
        session.save()
        client.cookies[django_settings.SESSION_COOKIE_NAME] = str(session.session_key)
        return client
    user = User.objects.get(pk=people["nobody" if who in NOBODY else "owner" if who == "stale" else who].pk)
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    match who:
        case "owner":
            client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        case "deactivated":
            User.objects.filter(pk=user.pk).update(is_active=False)
        case "expired":
            Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        case "logged out":
            elsewhere = Client()
            elsewhere.cookies[django_settings.SESSION_COOKIE_NAME] = str(client.session.session_key)
            elsewhere.post(reverse("account_logout"))
        case "new password":
            user.set_password("another horse battery")
            user.save()
    return client


def everything() -> dict[str, list[Any]]:
    """All that is in the database, but for the sessions."""
    found: dict[str, list[Any]] = {}
    with connection.cursor() as cursor:
        for table in {model._meta.db_table for model in apps.get_models() if model is not Session}:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = sorted(cursor.fetchall(), key=str)
    return found


# Statements that change nothing.
READS = re.compile(r"\s*(SELECT|SAVEPOINT|RELEASE|ROLLBACK)\b")


@contextmanager
def writing() -> Iterator[list[str]]:
    """The statements that may have changed something: to look at all that there is takes longer than most pages do."""
    written: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not READS.match(sql):
            written.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield written


def check(table: list[Row], people: dict[str, User], arguments: Arguments) -> None:
    """Ask for each page as each person; compare the answers, and what became of the database, with the table."""
    wrong: dict[tuple[str, str, str], str] = {}
    for who in dict.fromkeys(who for _, _, answers in table for who in answers):
        with transaction.atomic():
            cookies = browser(who, people).cookies
            before = everything()
            for name, method, answers in table:
                if who not in answers:
                    continue
                expected = answers[who]
                with transaction.atomic():
                    with writing() as written:
                        response = answer(cookies, name, method, arguments)
                    changed = written != [] and everything() != before
                    transaction.set_rollback(True)
                does = method == "post" and expected == "302"
                if expected != answer_of(response, expected):
                    wrong[name, method, who] = f"{answer_of(response, expected)} instead of {expected}"
                elif changed != (does or expected == "seen"):
                    wrong[name, method, who] = f"{expected} that changed {'something' if changed else 'nothing'}"
                elif who in ("stranger", *NOBODY) and SECRET in response.content.decode():
                    wrong[name, method, who] = f"{expected} with the title of a room that is not theirs"
            transaction.set_rollback(True)
    assert wrong == {}


def answer(cookies: SimpleCookie, name: str, method: str, arguments: Arguments) -> Any:
    """What the site answers to a browser that has these cookies."""
    client = Client()
    client.cookies.load({cookie: morsel.value for cookie, morsel in cookies.items()})
    url = reverse(name, args=arguments.get(name, ())) if name != "admin:None" else "/admin/rooms/room/1/"
    return client.get(url) if method == "get" else client.post(url, **posted(name))


def answer_of(response: Any, expected: str) -> str:
    """What a cell would say of a response."""
    if response.status_code != 302:
        return "seen" if expected == "seen" and response.status_code in (200, 405) else str(response.status_code)
    path = response.url.partition("?")[0]
    named = {"/accounts/login/": "login", "/admin/login/": "admin", "/accounts/reauthenticate/": "again"}
    return named.get(path, "idle" if expected == "idle" else "302")


def test_rooms(site: Arguments, people: dict[str, User]) -> None:
    check(rows(ROOMS), people, site)
    check(rows(BY_LINK), people, site)


def test_rooms_in_the_trash(site: Arguments, people: dict[str, User], room: Room) -> None:
    Room.objects.filter(pk=room.pk).update(trashed_at=timezone.now())
    check(rows(ROOMS_IN_THE_TRASH), people, site)
    check(rows(BY_LINK_IN_THE_TRASH), people, site)


def test_accounts(site: Arguments, people: dict[str, User]) -> None:
    check(rows(ACCOUNTS), people, site)


def test_admin(site: Arguments, people: dict[str, User]) -> None:
    found = rows(ADMIN, ("anonymous", "deactivated"))
    about_models = [
        (each, method, answers) for name, method, answers in found if name == "admin:model" for each in ABOUT_MODELS
    ]
    check([row for row in found if row[0] != "admin:model"] + about_models, people, site)


ABOUT_MODELS = sorted(
    name for name in set(names(get_resolver())) if name.startswith("admin:") and f"\n{name} " not in ADMIN
)


def test_no_url_is_missing() -> None:
    """A new page belongs into a table. Those of the admin site that are about a model have one row for all."""
    assert listed(ROOMS, ACCOUNTS, ADMIN) - {"admin:model"} | set(ABOUT_MODELS) == set(names(get_resolver()))
    assert listed(ROOMS) == listed(ROOMS_IN_THE_TRASH) >= {str(entry.name) for entry in rooms_urls}
    models = {f"admin:{model._meta.app_label}_{model._meta.model_name}_" for model in admin.site._registry}
    assert {name.rpartition("_")[0] + "_" for name in ABOUT_MODELS} - models == {"admin:auth_user_password_"}


# Mail programs post there: whoever has the link may do that one thing.
FROM_ELSEWHERE = set[str]()
FROM_ELSEWHERE |= {"notices_stop"}


@pytest.mark.parametrize("table", [ROOMS, ACCOUNTS, ADMIN], ids=["rooms", "accounts", "admin"])
def test_nothing_is_done_for_another_site(site: Arguments, people: dict[str, User], table: str) -> None:
    """Without the token that only the site's own pages hold, no URL takes a form from anybody."""
    client = browser("root" if table == ADMIN else "owner", people, enforce_csrf_checks=True)
    before = everything()
    found = listed(table) - {"admin:model", "admin:None"} | set(ABOUT_MODELS if table == ADMIN else ())
    for name in found - FROM_ELSEWHERE:
        assert client.post(reverse(name, args=site.get(name, ())), **posted(name)).status_code == 403, name
    assert everything() == before


def test_other_methods_are_refused(site: Arguments, people: dict[str, User]) -> None:
    client = browser("owner", people)
    for entry in rooms_urls:
        for method in (client.put, client.patch, client.delete):
            assert method(reverse(str(entry.name), args=site.get(str(entry.name), ()))).status_code == 405


def test_head_works_wherever_get_does(site: Arguments, people: dict[str, User]) -> None:
    """With the same status and headers, and without a body; what else a page takes is said to who asks."""
    client = browser("root", people)
    Room.objects.update(owner=people["root"])
    for name in sorted(listed(ROOMS, ACCOUNTS, ADMIN) - {"admin:model", "admin:None"} | set(ABOUT_MODELS)):
        url = reverse(name, args=site.get(name, ()))
        got, head, options = client.get(url), client.head(url), client.options(url)
        assert (head.status_code, head.get("Content-Type")) == (got.status_code, got.get("Content-Type")), name
        if got.status_code == 200:
            assert head.content == b"", name
        assert options.status_code < 500, name
        if options.status_code == 204:
            assert "GET" not in options["Allow"] or "HEAD" in options["Allow"], name


def test_no_page_asks_more_where_there_is_more(
    site: Arguments, people: dict[str, User], person: Any, room: Room
) -> None:
    """Of the database, whatever the page: where it does, some page of some feature is slow once a site has grown."""
    client, root = browser("root", people), people["root"]
    Room.objects.update(owner=root)

    def counted() -> dict[str, int]:
        found = {}
        for name in listed(ROOMS, ACCOUNTS) | {each for each in ABOUT_MODELS if each.endswith("_changelist")}:
            url = reverse(name, args=site.get(name, ()))
            with CaptureQueriesContext(connection) as asked:
                client.get(url)
            found[name] = len(asked)
        return found

    def grow(number: int) -> None:
        friend = person(f"Friend{number}")
        theirs, more = (Room.objects.create(owner=owner, title=f"More {number}") for owner in (friend, root))
        for each, user in ((room, friend), (more, friend), (theirs, root)):
            Membership.objects.create(room=each, user=user, role=Role.VIEWER)
        Room.objects.create(owner=root, trashed_at=timezone.now())
        Invitation.objects.create(room=room, email=f"{number}@example.com")
        Invitation.objects.create(room=theirs, email=root.email)
        AccessRequest.objects.create(room=room, user=person(f"Asker{number}"))
        link = Link.objects.get(room=room)
        Arrival.objects.create(link=link, user=person(f"Linked{number}"))
        Arrival.objects.create(link=link, guest=Guest.objects.create(name=f"Guest {number}"))
        EmailAddress.objects.create(user=root, email=f"root{number}@example.com")
        browser("root", people)

    grow(0)
    counted()  # what is remembered for good is remembered now
    few = counted()
    for number in range(1, 6):
        grow(number)
    many = counted()
    assert {name: (few[name], number) for name, number in many.items() if number > few[name]} == {}


def test_a_room_opens_no_way_into_another(site: Arguments, people: dict[str, User]) -> None:
    """The owner of a room names the member of somebody else's in its URL."""
    own = Room.objects.create(owner=people["stranger"])
    client = browser("stranger", people)
    before = everything()
    for name in ("room_member", "room_invitation"):
        for data in ({"remove": "1"}, {"role": "editor"}):
            response = client.post(reverse(name, args=[own.pk, site[name][1]]), data)
            assert response.status_code == 404
    assert everything() == before


def test_the_second_factor_cannot_be_passed_by(people: dict[str, User], person: Any, client: Client) -> None:
    """Neither on the site nor on the admin site is a password enough for somebody who has one."""
    root = person("Root", is_staff=True, is_superuser=True)
    TOTP.activate(root, "JBSWY3DPEHPK3PXP")
    data = {"username": root.email, "login": root.email, "password": PASSWORD}
    for url in (reverse("admin:login"), reverse("account_login")):
        client.post(url, data)
        assert client.get(reverse("admin:index")).status_code == 302
        assert client.get(reverse("dashboard")).status_code == 302
    assert client.get(reverse("mfa_authenticate")).status_code == 200

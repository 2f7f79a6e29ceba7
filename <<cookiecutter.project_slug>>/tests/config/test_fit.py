"""No input makes the database raise or the site fail: every URL, with hostile values wherever there is room."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote_from_bytes

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver, reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from config.asgi import application
from rooms.models import Room
from tests.hunts import hunt
from tests.rooms.test_permissions import Arguments, browser, names, posted, site  # noqa: F401 (a fixture)

pytestmark = pytest.mark.postgresql

# As bytes, for what no text can hold is the point of some.
HOSTILE = {
    "NUL": b"\0",
    "NUL in an address": b"a\0b@example.com",
    "half an emoji": b"\xed\xa0\xbd",
    "half an emoji, escaped": b"\\ud83d",
    "no UTF-8": b"\xff\xfe\xfd",
    "invisible": "\u2028\u202e\ufeff".encode(),
    "the last character": "\U0010ffff".encode() * 300,
    "long": b"x" * 5_000,
    "very long": b"a" * 60_000,
    "many wildcards": b"%" * 3_000,
    "many words": b"word " * 2_000,
    "no regular expression": b"(?P<",
    "19 digits": b"9" * 19,
    "40 digits": b"9" * 40,
    "5000 digits": b"9" * 5_000,
    "negative": b"-1",
    "infinite": b"1e400",
    "no number": b"NaN",
    "other digits": "\u0661\u0662".encode(),
    "almost an id": b"00000000-0000-0000-0000-00000000000g",
    "zero id": b"0" * 32,
    "no time": b"9999-99-99 99:99:99",
    "half an address": b"//[",
    "two lines": b"/\r\nSet-Cookie: a=b",
    "a template": b"{{ 7 }}%s%(a)s",
    "SQL": b"' OR 1=1; --",
    "nothing": b"",
}
CHARSETS = ["utf-8", "ascii", "utf-7", "latin1", "no-such"]
# In these a query cannot be read at all, or Python warns of what is in it.
NO_TEXT = ["rot13", "hex", "zip", "idna", "undefined", "utf-16", "unicode_escape", "raw_unicode_escape"]
# What pages read from a query, beside the names that stand in their links.
QUERY = ["q", "page", "before", "after", "next", "p", "o", "e", "all", "_facets", "_popup", "_to_field", "term"]
QUERY += [
    "app_label",
    "model_name",
    "field_name",
    "id__exact",
    "title__regex",
    "updated__gte",
    "updated__year",
    "owner",
]
QUERY += [
    "owner__id__exact",
    "trashed_at__isnull",
    "room",
    "user",
    "_changelist_filters",
    "email",
    "code",
    "key",
    "process",
]
COOKIES = ["sessionid", "csrftoken", "messages"]
HEADERS = ["HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_X_FORWARDED_FOR", "HTTP_ACCEPT_LANGUAGE", "HTTP_ACCEPT"]
HEADERS += ["HTTP_X_CSRFTOKEN", "HTTP_HOST", "HTTP_ORIGIN", "HTTP_X_FORWARDED_PROTO", "HTTP_IF_MODIFIED_SINCE"]
HEADERS += ["HTTP_RANGE", "CONTENT_LENGTH"]
JSON = {
    "deep list": b"[" * 100_000,
    "deep object": b'{"a":' * 50_000,
    "deep title": b'{"title":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "null": b"null",
    "number": b"3",
    "text": b'"x"',
    "list": b"[]",
    "no UTF-8": b"\xff",
    "5000 digits": b"9" * 5_000,
    "nothing": b"",
    "half an emoji": b'{"title": "\\ud83d"}',
    "NUL": b'{"title": "\\u0000", "base": "\\udc00"}',
    "wrong types": b'{"title": {"title": ["\\ud800"]}, "base": 1e400}',
    "wrong base": b'{"title": "x", "base": []}',
}

value = st.sampled_from(sorted(HOSTILE)) | st.binary(max_size=40)


# A name in HOSTILE, or some bytes.
Value = str | bytes


def raw(chosen: Value) -> bytes:
    return HOSTILE[chosen] if isinstance(chosen, str) else chosen


class Attack(NamedTuple):
    """A request, and what is hostile about it."""

    who: str
    name: str
    method: str
    body: str  # form, multipart or json
    charset: str
    # Which names get which values: numbers choose among those that there are.
    fields: list[tuple[int, Value]]
    query: list[tuple[int, Value]]
    cookies: dict[str, Value]
    headers: dict[str, Value]
    path: tuple[int, Value] | None
    json: str


pair = st.tuples(st.integers(0, 63), value)
URLS = sorted(set(names(get_resolver())) - {"admin:None"})
attacks = st.builds(
    Attack,
    who=st.sampled_from(["root", "root", "owner", "anonymous"]),
    name=st.sampled_from(URLS),
    method=st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    body=st.sampled_from(["form", "form", "multipart", "json"]),
    charset=st.just("utf-8") | st.sampled_from(CHARSETS),
    fields=st.lists(pair, max_size=3),
    query=st.lists(pair, max_size=2),
    cookies=st.just({}) | st.dictionaries(st.sampled_from(COOKIES), value, max_size=1),
    headers=st.just({}) | st.dictionaries(st.sampled_from(HEADERS), value, max_size=1),
    path=st.none() | st.none() | st.none() | pair,
    json=st.sampled_from(sorted(JSON)),
)


@contextmanager
def complaints() -> Iterator[list[str]]:
    """What the database, or Python on its behalf, complains of."""
    found: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        try:
            return execute(sql, params, many, context)
        except Exception as error:
            found.append(f"{type(error).__name__}: {error} in {sql[:200]}")
            raise

    with connection.execute_wrapper(watch):
        yield found


class Target:
    """The site, with somebody's browser and what each page's form and links are called."""

    def __init__(self, people: dict[str, User], arguments: Arguments) -> None:
        self.arguments = arguments
        self.clients = {who: browser(who, people) for who in ("root", "owner", "anonymous")}
        self.forms: dict[tuple[str, str], tuple[dict[str, bytes], list[str]]] = {}

    def form(self, who: str, name: str) -> tuple[dict[str, bytes], list[str]]:
        """What the page's own form would send, and the names in its links."""
        if (who, name) not in self.forms:
            # Some answer with bytes that are no text.
            html = self.clients[who].get(self.url(name)).content.decode(errors="replace")
            inputs = [tag for tag in re.findall(r"<(?:input|select|textarea|button)\b[^>]*>", html) if " name=" in tag]
            fields = {re.findall(r' name="([^"]*)"', tag)[0]: re.findall(r' value="([^"]*)"', tag) for tag in inputs}
            sent = {field: (found or [""])[0].encode() for field, found in fields.items()}
            sent.update(
                {field: str(text).encode() for field, text in (posted(name)["data"] if posted(name) else {}).items()}
            )
            self.forms[who, name] = sent, sorted({*QUERY, *re.findall(r"[?&;](\w+)=", html)})
        return self.forms[who, name]

    def url(self, name: str) -> str:
        return reverse(name, args=self.arguments.get(name, ()))

    def send(self, attack: Attack) -> int:
        """Make the request as it comes from the wire; return the answer's status."""
        fields, links = self.form(attack.who, attack.name)
        fields = dict(fields)
        for number, text in attack.fields:
            if fields:
                fields[sorted(fields)[number % len(fields)]] = raw(text)
        path = self.url(attack.name).encode()
        if attack.path:
            steps = path.split(b"/")
            steps[1 + attack.path[0] % (len(steps) - 1)] = raw(attack.path[1])
            path = b"/".join(steps)
        query = "&".join(f"{links[number % len(links)]}={quote_from_bytes(raw(text))}" for number, text in attack.query)
        body, kind = self.body(attack, fields)
        headers = {name: raw(text).decode("latin1") for name, text in attack.headers.items()}
        headers["HTTP_COOKIE"] = "; ".join(self.cookies(attack))
        client = Client(raise_request_exception=False)
        url = quote_from_bytes(path)
        response = client.generic(attack.method, url, body, kind, QUERY_STRING=query, **headers)  # type: ignore[arg-type]
        return response.status_code

    def cookies(self, attack: Attack) -> Iterator[str]:
        for name, morsel in self.clients[attack.who].cookies.items():
            if name not in attack.cookies:
                yield f"{name}={morsel.value}"
        for name, text in attack.cookies.items():
            # An octal escape between quotes is how a cookie holds any byte.
            yield f'{name}="' + "".join(rf"\{byte:03o}" for byte in raw(text)) + '"'

    @staticmethod
    def body(attack: Attack, fields: dict[str, bytes]) -> tuple[bytes, str]:
        if attack.method in ("GET", "HEAD") and attack.charset == "utf-8":
            return b"", "application/octet-stream"
        if attack.body == "json":
            return JSON[attack.json], f"application/json; charset={attack.charset}"
        if attack.body == "form":
            text = "&".join(
                f"{quote_from_bytes(name.encode())}={quote_from_bytes(field)}" for name, field in fields.items()
            )
            return text.encode(), f"application/x-www-form-urlencoded; charset={attack.charset}"
        parts = [
            b'--limit\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), field)
            for name, field in fields.items()
        ]
        return b"".join([*parts, b"--limit--\r\n"]), f"multipart/form-data; boundary=limit; charset={attack.charset}"


@hunt("HUNT_REQUESTS")
def test_no_input_makes_the_site_or_its_database_fail(
    site: Arguments,  # noqa: F811
    people: dict[str, User],
    extent: int,
) -> None:
    Room.objects.update(owner=people["owner"])
    target = Target(people, site)

    @settings(max_examples=extent, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(attacks)
    def attack(each: Attack) -> None:
        with complaints() as found, transaction.atomic():
            status = target.send(each)
            transaction.set_rollback(True)
        assert found == []
        assert status < 500

    attack()


MANY = " ".join(f"word{number}" for number in range(2_000))


@pytest.mark.parametrize(
    "query",
    [{"q": MANY}, {"email__regex": "("}, {"email__iregex": "(?P<"}, {"email__contains": "%" * 60_000}],
    ids=lambda query: next(iter(query)),
)
@pytest.mark.parametrize("model", ["accounts_user", "rooms_room", "account_emailaddress"])
def test_what_a_database_will_not_search_for_is_refused(
    query: dict[str, str],
    model: str,
    site: Arguments,  # noqa: F811
    people: dict[str, User],
) -> None:
    """SQLite has bounds and regular expressions of its own."""
    client = browser("root", people)
    client.raise_request_exception = False
    with complaints() as found, transaction.atomic():
        status = client.get(reverse(f"admin:{model}_changelist"), query).status_code
        transaction.set_rollback(True)
    assert found == []
    assert status < 500


@pytest.mark.parametrize("name", ["", "nothing", "id__x", "password"])
def test_the_admin_is_asked_for_a_field_that_is_not_there(
    name: str,
    site: Arguments,  # noqa: F811
    people: dict[str, User],
) -> None:
    client = browser("root", people)
    client.raise_request_exception = False
    for url in (
        reverse("admin:accounts_user_change", args=[people["root"].pk]),
        reverse("admin:accounts_user_changelist"),
    ):
        assert client.get(url, {"_to_field": name}).status_code < 500


async def call(application: Any, scope: dict[str, Any]) -> list[dict[str, Any]]:
    """What the application sends for an empty request."""
    sent: list[dict[str, Any]] = []
    coming: list[dict[str, Any]] = [{"type": "http.request"}]

    async def receive() -> dict[str, Any]:
        # After the request nothing comes, until the application no longer listens.
        return coming.pop() if coming else await asyncio.get_running_loop().create_future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application({"method": "GET", "path": "/", "query_string": b"q=%00", **scope}, receive, send)
    return sent


TYPES = [[f"text/plain; charset={charset}".encode()] for charset in NO_TEXT]
TYPES += [
    [b"text/plain" + b";a=b" * 3_500],
    [b"text/plain; charset*=x''%ff"],
    [b'text/plain; a="', b'"; charset=rot13'],
]


@pytest.mark.parametrize("kinds", TYPES, ids=lambda kinds: repr(b",".join(kinds))[:40])
async def test_a_type_that_cannot_be_read_is_refused(kinds: list[bytes]) -> None:
    sent = await call(application, {"type": "http", "headers": [(b"content-type", kind) for kind in kinds]})
    assert sent[0]["status"] == 400

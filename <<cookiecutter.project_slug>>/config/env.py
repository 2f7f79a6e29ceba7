"""Every environment variable of the site: its name, type, default and meaning, in this one place.

Values come from the process's environment and, where that has none, from the file `.env` beside manage.py.
An empty value counts as none. `table()` writes the README's table of them.
"""

import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit
from zlib import compress

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent

# What was answered when the site was generated.
DOMAIN_NAME = "<< (cookiecutter.domain_name|tojson)[1:-1] >>"
ADMIN_EMAIL = "<< (cookiecutter.admin_email|tojson)[1:-1] >>"
TIME_ZONE = "<< (cookiecutter.time_zone|tojson)[1:-1] >>"


class Environment(BaseSettings):
    """The environment, typed."""

    model_config = SettingsConfigDict(
        env_file=BASE_DIR / ".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    debug: bool = Field(
        default=False, description="Development mode: error pages with details, no HTTPS. Never in production."
    )
    secret_key: str = Field(
        default="",
        description="Signs sessions and links. Required to serve: 50 random characters or more, kept secret.",
    )
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default=[DOMAIN_NAME],
        description="Host names the site answers to, separated by commas. Debug adds this machine's own.",
    )
    site_url: str = Field(
        default="",
        description="Where links in e-mails lead, as https://host. None: https and the first of ALLOWED_HOSTS; in debug, where the reader's browser is.",
    )
    trusted_proxy_count: int = Field(
        default=1,
        ge=0,
        description="Proxies before the site, each of which adds an address to X-Forwarded-For. Debug: none, unless set.",
    )
    data_dir: Path = Field(
        default=BASE_DIR, description="Folder of the SQLite database; by default the one of manage.py."
    )
    database_url: str = Field(
        default="", description="PostgreSQL, as postgres://user:password@host/name. None: SQLite."
    )
    database_pool_size: int = Field(
        default=10,
        ge=1,
        description="Most PostgreSQL connections that one process's pages share; a worker has six of its own.",
    )
    redis_url: str = Field(
        default="",
        description="Redis, where web and worker processes meet. None: the web process works alone.",
    )
    redis_verify_tls: bool = Field(
        default=True,
        description="Check the certificate of a rediss:// server. Heroku's own is self-signed and needs 0.",
    )
    email_host: str = Field(default="", description="SMTP server. None: e-mails are printed to the log.")
    email_port: int = Field(default=587, ge=1, le=65_535, description="Port of the SMTP server.")
    email_host_user: str = Field(default="", description="User name for the SMTP server.")
    email_host_password: str = Field(default="", description="Password for the SMTP server.")
    email_use_tls: bool = Field(default=True, description="Speak STARTTLS with the SMTP server.")
    default_from_email: str = Field(
        default=ADMIN_EMAIL, description="Sender of the site's e-mails, and whom people write to for help."
    )
    tasks_alone: bool = Field(
        default=False,
        description="Run what is done in the background, such as sending e-mails, in processes of its own: `python manage.py db_worker`. Otherwise the worker does it, or the web process where there is none.",
    )
    task_attempts: int = Field(
        default=8, ge=1, description="How often a task, such as an e-mail, is tried before it has failed for good."
    )
    task_pause_seconds: float = Field(
        default=10,
        gt=0,
        description="Pause after its first failure; each further one is four times as long, up to six hours.",
    )
    task_lease_seconds: float = Field(
        default=30,
        gt=0,
        description="How long a process that is at a task may say nothing before it is taken to be gone, and the task tried again.",
    )
    failed_task_days: int = Field(
        default=3,
        ge=1,
        description="How long a task that has failed for good is kept, with the e-mail that it held, to be tried again from the admin site. One that is done is deleted at once.",
    )
    mails_per_address: int = Field(
        default=20, ge=1, description="Most e-mails in an hour, of all kinds but invitations, to one address."
    )
    invitations_per_day: int = Field(
        default=50, ge=1, description="Most invitations in a day that one person can send."
    )
    invitations_per_address: int = Field(
        default=3,
        ge=1,
        description="Most of them to one address; an address gets five times as many from all people together.",
    )
    invitation_days: int = Field(
        default=30, ge=1, description="Days in which an invitation can be accepted. Changing its role renews it."
    )
    links_for_anyone: bool = Field(
        default=False,
        description="Let people share documents by links that need no account: whoever has one comes in as a guest.",
    )
    wrong_links_per_hour: int = Field(
        default=60, ge=1, description="Most links that lead nowhere that can be tried in an hour from one address."
    )
    guests_per_hour: int = Field(
        default=100, ge=1, description="Most guests without an account that can come in an hour from one address."
    )
    guest_days: int = Field(
        default=90,
        ge=1,
        description="How long a guest without an account who has written nothing is kept. Who has written something is kept for good.",
    )
    access_requests_per_day: int = Field(
        default=20, ge=1, description="Most requests for access in a day that one person can send."
    )
    access_requests_per_document: int = Field(default=3, ge=1, description="Most of them in a day for one document.")
    digest_minutes: int = Field(
        default=15,
        ge=1,
        description="Least minutes between two e-mails to a person about what is new in one document.",
    )
    mentions_per_document: int = Field(
        default=1000, ge=1, description="Of how many mentions in a document the people are told."
    )
    mentions_per_hour: int = Field(
        default=100,
        ge=1,
        description="How often in an hour a person's mentions are told at once; the others are once the document is quiet.",
    )
    people_told: int = Field(default=100, ge=1, description="Most people who are told of one thing.")
    people_offered: int = Field(
        default=1000, ge=1, description="Most people of a document who can be named in it: of those \"@\" offers some."
    )
    notice_days: int = Field(default=90, ge=1, description="How long a person's notices are kept.")
    staff_need_second_factor: bool = Field(
        default=True,
        description="Let only staff with a second factor into the administration. Debug: all staff, unless set.",
    )
    hsts_seconds: int = Field(
        default=31_536_000, ge=0, description="How long browsers insist on HTTPS once they have been here."
    )
    comment_length: int = Field(default=5_000, ge=1, description="Most characters of a comment.")
    threads_per_document: int = Field(default=500, ge=1, description="Most threads of comments in a document.")
    comments_per_thread: int = Field(default=200, ge=1, description="Most comments in a thread.")
    mentions_per_comment: int = Field(
        default=50, ge=1, description="Of how many of those whom one comment names it is told to them."
    )
    undos_per_hour: int = Field(
        default=120,
        ge=1,
        description="For how many undos in an hour by one person the words that come back stay their authors'.",
    )
    undo_stretches: int = Field(
        default=5_000,
        ge=1,
        description="Stretches of text that one undo can bring back; of one that brings back more, all is theirs who undo.",
    )
    handovers_per_hour: int = Field(
        default=120,
        ge=1,
        description="How many documents that were written in offline, before an upgrade, one person can hand over in an hour.",
    )
    exports_per_hour: int = Field(
        default=10, ge=1, description="How often in an hour one person can take all of their documents along."
    )
    comments_per_hour: int = Field(default=300, ge=1, description="Most comments in an hour that one person can write.")
    restores_per_hour: int = Field(
        default=60,
        ge=1,
        description="For how many restores in an hour by one person the words that come back stay their authors'.",
    )
    device_copy_days: int = Field(
        default=60,
        ge=1,
        description="How long a browser keeps a document that is not opened in it; unsent edits stay until they are sent.",
    )
    offline: bool = Field(
        default=True,
        description="Documents that were open in a browser open there without a network too. 0 takes away what browsers keep for that.",
    )
    offline_documents: int = Field(
        default=50, ge=1, le=50, description="How many documents a browser can open so: those that were opened last."
    )
    offline_patience: int = Field(
        default=4, ge=1, description="Seconds in which a page must come from the server before a kept one is shown."
    )
    first_look_bytes: int = Field(
        default=30_000,
        ge=0,
        description="How much of a document's beginning is in its page, to be read while the editor is on its way. 0: nothing.",
    )
    public_pages: bool = Field(
        default=False,
        description="Let owners publish documents as pages that anybody can read. 0 takes those that there are off the site.",
    )
    public_page_seconds: int = Field(
        default=10, ge=0, description="How old a public page may be: so often a document is read anew at most."
    )
    public_page_bytes: int = Field(
        default=5_000_000, ge=1_000, description="How large a public page may be; a document that is larger has none."
    )
    time_zone: str = Field(
        default=TIME_ZONE,
        description="Time zone in which times are shown.",
    )
    log_level: str = Field(default="INFO", description="Least level that is logged: DEBUG, INFO, WARNING or ERROR.")

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _no_proxy_in_debug(self) -> Self:
        if self.debug and "trusted_proxy_count" not in self.model_fields_set:
            self.trusted_proxy_count = 0
        return self

    @model_validator(mode="after")
    def _one_factor_in_debug(self) -> Self:
        if self.debug and "staff_need_second_factor" not in self.model_fields_set:
            self.staff_need_second_factor = False
        return self

    @field_validator("site_url")
    @classmethod
    def _in_ascii(cls, value: str) -> str:
        """As networks write a host: e-mails hold it in headers, such as those that mail programs unsubscribe by."""
        # What cannot be written so is refused below.
        with suppress(ValueError):
            if not value.isascii():
                parts = urlsplit(value)
                return parts._replace(netloc=parts.netloc.encode("idna").decode()).geturl()
        return value

    @field_validator("log_level")
    @classmethod
    def _upper(cls, value: str) -> str:
        return value.upper()


# Characters of a key, and bytes to which zlib can press it: what is shorter can be guessed, what can be pressed harder is
# a word said again and again. Django warns of the first; 50 random characters come to 55 bytes.
KEY_LENGTH = 50
KEY_CONTENT = 38


def is_weak(key: str) -> bool:
    """Whether somebody could guess a secret key."""
    # The steps from each character to the next, too: an alphabet has but one.
    steps = bytes((after - before) % 256 for before, after in zip(key.encode(), key.encode()[1:], strict=False))
    return (
        len(key) < KEY_LENGTH
        or key.startswith("django-insecure-")
        or min(len(compress(each, 9)) for each in (key.encode(), steps)) < KEY_CONTENT
    )


# A name as ALLOWED_HOSTS takes it; a dot before it stands for all names below.
HOST = re.compile(
    r"\.?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?|\[[0-9a-f:.]+\]", re.IGNORECASE
)


def is_address_of(url: str, *schemes: str) -> bool:
    """Whether a URL has one of these schemes and names a server, or the socket of one."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname or parts.path)


def malformed(env: Environment) -> str | None:
    """A sentence about what could only fail later, at somebody's first visit perhaps, or None."""
    # The default was looked at when it was answered.
    for host in env.allowed_hosts if "allowed_hosts" in env.model_fields_set else []:
        if HOST.fullmatch(host) is None:
            return (
                f"ALLOWED_HOSTS holds {host!r}: it takes names such as docs.example.com, without scheme, port or path."
            )
    if env.redis_url and not is_address_of(env.redis_url, "redis", "rediss", "unix"):
        return "REDIS_URL must be an address such as redis://host:6379/0, or rediss:// with TLS."
    if env.database_url and "://" not in env.database_url:
        return "DATABASE_URL must be an address such as postgres://user:password@host/name."
    if env.log_level not in LEVELS:
        return f"LOG_LEVEL is {env.log_level!r}: it must be one of {', '.join(LEVELS)}."
    return None


def complaint(env: Environment) -> str | None:
    """A sentence about what must not be served with this environment, or None.

    Without a key the settings can be loaded, for a build step; the first use of the key fails.
    """
    if "*" in env.allowed_hosts or not env.allowed_hosts:
        return "ALLOWED_HOSTS must name the hosts of the site: links, cookies and WebSockets are checked against it."
    if problem := malformed(env):
        return problem
    if env.debug:
        return None
    if env.secret_key and is_weak(env.secret_key):
        return (
            f"SECRET_KEY can be guessed: it needs at least {KEY_LENGTH} random characters. This prints one: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    if env.site_url and not (env.site_url.isascii() and re.fullmatch(r"https://[^/\s@?#\\]+/?", env.site_url)):
        return "SITE_URL must be https:// and a host: the links in e-mails let people in."
    if env.email_host_password and not env.email_use_tls and env.email_host not in ("localhost", "127.0.0.1", "::1"):
        return "EMAIL_HOST_PASSWORD would travel unencrypted: set EMAIL_USE_TLS to 1."
    return None


LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
TYPES = {bool: "0 or 1", int: "number", float: "number", str: "text", Path: "path", list[str]: "list"}


def table() -> str:
    """The variables as the Markdown table that stands in the README."""
    rows = ["| Variable | Type | Default | Meaning |", "| --- | --- | --- | --- |"]
    for name, field in Environment.model_fields.items():
        default = field.default
        if default == "" or isinstance(default, Path):
            shown = ""
        elif isinstance(default, list):
            shown = f"`{','.join(default)}`"
        else:
            shown = f"`{int(default) if isinstance(default, bool) else default}`"
        kind = TYPES[field.annotation]  # type: ignore[index]
        rows.append(f"| `{name.upper()}` | {kind} | {shown} | {field.description} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())  # noqa: T201  # what it is run for

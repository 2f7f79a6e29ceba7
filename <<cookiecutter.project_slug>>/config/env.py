"""Every environment variable of the site: its name, type, default and meaning, in this one place.

Values come from the process's environment and, where that has none, from the file `.env` beside manage.py.
An empty value counts as none. `table()` writes the README's table of them.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent

# What was answered when the site was generated.
DOMAIN_NAME = "<< (cookiecutter.domain_name|tojson)[1:-1] >>"
ADMIN_EMAIL = "<< (cookiecutter.admin_email|tojson)[1:-1] >>"
TIME_ZONE = "<< (cookiecutter.time_zone|tojson)[1:-1] >>"


class Environment(BaseSettings):
    """The environment, typed."""

    model_config = SettingsConfigDict(env_file=BASE_DIR / ".env", env_ignore_empty=True, extra="ignore")

    debug: bool = Field(
        default=False, description="Development mode: error pages with details, no HTTPS. Never in production."
    )
    secret_key: str = Field(default="", description="Signs sessions and links. Required to serve; keep it secret.")
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default=[DOMAIN_NAME],
        description="Host names the site answers to, separated by commas. Debug adds this machine's own.",
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
    email_port: int = Field(default=587, description="Port of the SMTP server.")
    email_host_user: str = Field(default="", description="User name for the SMTP server.")
    email_host_password: str = Field(default="", description="Password for the SMTP server.")
    email_use_tls: bool = Field(default=True, description="Speak STARTTLS with the SMTP server.")
    default_from_email: str = Field(default=ADMIN_EMAIL, description="Sender of the site's e-mails.")
    hsts_seconds: int = Field(
        default=31_536_000, ge=0, description="How long browsers insist on HTTPS once they have been here."
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

    @field_validator("log_level")
    @classmethod
    def _upper(cls, value: str) -> str:
        return value.upper()


TYPES = {bool: "0 or 1", int: "number", str: "text", Path: "path", list[str]: "list"}


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

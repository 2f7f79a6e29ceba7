"""What a project's database holds, read past the engine."""

import sqlite3
from typing import Any

import psycopg

SNAPSHOT = "SELECT state FROM yroom_roomsnapshot WHERE room = "
LOG = "SELECT update FROM yroom_roomupdate WHERE room = "


def stored_updates(project: Any, room: str) -> list[bytes]:
    """A room's snapshot and log."""
    return [bytes(row[0]) for row in [*query(project, SNAPSHOT, room), *query(project, LOG, room, " ORDER BY sequence")]]


def query(project: Any, sql: str, value: str, rest: str = "") -> list[tuple[Any, ...]]:
    """Rows of a query with one parameter, in the dialect of the project's database."""
    if project.database:
        with psycopg.connect(project.database) as connection:
            return connection.execute(f"{sql}%s{rest}".replace("update FROM", '"update" FROM'), [value]).fetchall()  # type: ignore[arg-type]
    database = sqlite3.connect(project.folder / "db.sqlite3", timeout=20)
    try:
        return database.execute(f"{sql}?{rest}".replace("update FROM", '"update" FROM'), [value]).fetchall()
    finally:
        database.close()

"""What a project's database holds, read past the engine."""

import sqlite3
from typing import Any

import psycopg


def stored_updates(project: Any, room: str) -> list[bytes]:
    """A room's snapshot and log."""
    # The log first: what a compaction moves meanwhile is then seen twice rather than never.
    log = query(project, 'SELECT "update" FROM yroom_roomupdate WHERE room = %s ORDER BY sequence', room)
    snapshot = query(project, "SELECT state FROM yroom_roomsnapshot WHERE room = %s", room)
    return [bytes(row[0]) for row in snapshot + log]


def query(project: Any, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows that a statement returns, if any, in whatever database the project has."""
    if project.database:
        with psycopg.connect(project.database) as connection:
            cursor: Any = connection.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []
    path = project.folder / "db.sqlite3"
    if project.copy_database:
        path = project.folder / "copy.sqlite3"
        path.unlink(missing_ok=True)
        project.copy_database(path)
    database = sqlite3.connect(path, timeout=60)
    try:
        with database:
            return database.execute(sql.replace("%s", "?"), values).fetchall()
    finally:
        database.close()

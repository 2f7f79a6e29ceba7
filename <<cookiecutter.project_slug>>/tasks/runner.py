"""Runs the tasks that wait in the database, one after the other, in a thread of its own.

A task that is done is deleted: it may have held what nobody else should read, such as the link for a new password. One
that fails is tried again after a pause that grows, TASK_ATTEMPTS times in all; then it has failed for good, which is
logged at ERROR and shown in the admin site for FAILED_TASK_DAYS.

A process that is killed in the midst of a task leaves it "running". So whoever is at one holds a lease and renews it;
a task whose lease was not renewed for TASK_LEASE_SECONDS is taken to have failed that time. Each task is run at least
once, then: one whose process is killed at its very end, or sleeps longer than its lease, is run again.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from time import monotonic
from traceback import format_exception
from typing import Any, Final
from weakref import WeakSet

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.dispatch import Signal, receiver
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks_db.models import DBTaskResult

from .daily import plan_daily
from .interface import TaskContext, TaskResultStatus, task_enqueued, task_finished, task_started
from .models import Lease

logger = logging.getLogger(__name__)

# Seconds between two looks for tasks that another process has put into the database; one's own are begun at once.
LOOK: Final = 1.0
# How much longer each pause is than the one before, and the longest, in seconds.
GROWTH: Final = 4
LONGEST_PAUSE: Final = 6 * 60 * 60

# Sent within the transaction that notes it: a task has failed for good. With `task_path`, `args` and `kwargs`.
gave_up = Signal()

_runners: "WeakSet[Runner]" = WeakSet()


class GiveUpError(Exception):
    """Raised by a task: to try it again would be of no use."""


class LostError(Exception):
    """The process that was at a task is gone."""


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: TASK_PAUSE_SECONDS, then four times as long each time."""
    return timedelta(seconds=min(settings.TASK_PAUSE_SECONDS * GROWTH ** (attempts - 1), LONGEST_PAUSE))


class Runner:
    """Runs tasks until it is told to stop."""

    def __init__(self) -> None:
        self.id = get_random_string(32)
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._sweep_due = 0.0
        self._is_failing = False  # as far as was logged
        _runners.add(self)

    def wake(self) -> None:
        """Look for tasks now."""
        self._woken.set()

    def stop(self) -> None:
        """Begin no more tasks; the one under way is done to its end."""
        self._stopping.set()
        self._woken.set()

    def run(self) -> None:
        """Run tasks until told to stop, whatever happens to the database meanwhile."""
        own_connection()
        try:
            while not self._stopping.is_set():
                self._woken.clear()
                if not self._turn():
                    self._woken.wait(LOOK)
        finally:
            connections.close_all()

    def run_waiting(self) -> None:
        """Run what waits now, and end."""
        while not self._stopping.is_set() and self._turn():
            pass

    def _turn(self) -> bool:
        """Run one task; return whether there may be more."""
        try:
            if monotonic() >= self._sweep_due:
                # Whatever fails here is tried again then, and holds up no task meanwhile.
                self._sweep_due = monotonic() + settings.TASK_LEASE_SECONDS / 3
                sweep()
                plan_daily()
            row = self._claim()
            if row is not None:
                self._perform(row)
            self._is_failing = False
        except (DatabaseError, InterfaceError):
            if not self._is_failing:
                logger.warning("the database cannot be asked for tasks, and is asked again", exc_info=True)
            self._is_failing = True
            close_connections()
            return False
        except Exception:
            logger.exception("a task could not be run")
            close_connections()
            return False
        return row is not None

    def _claim(self) -> DBTaskResult[Any, Any] | None:
        """The next task, which is this runner's alone from now on."""
        while (row := DBTaskResult.objects.ready().filter(backend_name="default").first()) is not None:
            with transaction.atomic():
                row.status, row.started_at = TaskResultStatus.RUNNING, timezone.now()
                row.worker_ids = [*row.worker_ids, self.id]
                values = {"status": row.status, "started_at": row.started_at, "worker_ids": row.worker_ids}
                if DBTaskResult.objects.filter(pk=row.pk, status=TaskResultStatus.READY).update(**values):
                    Lease.objects.update_or_create(task=row, defaults={"renewed": Now()})
                    return row
        return None

    def _perform(self, row: DBTaskResult[Any, Any]) -> None:
        try:
            with renewed(row):
                task, result = row.task, row.task_result
                task_started.send(sender=type(task.get_backend()), task_result=result)
                context: list[Any] = [TaskContext(task_result=result)] if task.takes_context else []
                task.call(*context, *result.args, **result.kwargs)
        except Exception as error:
            close_connections()
            self._note(partial(note_failure, row, error))
        else:
            self._note(partial(note_success, row))

    def _note(self, write: Callable[[], None]) -> None:
        """Write down how a task has ended, once the database can be reached: else it would be run again."""
        while True:
            try:
                write()
            except (DatabaseError, InterfaceError):
                close_connections()
                logger.warning("the database cannot be told how a task has ended, and is told again", exc_info=True)
                if self._stopping.wait(LOOK):
                    return
            else:
                return


def close_connections() -> None:
    """Close this thread's: one that has failed is not used again.

    But for one in whose transaction somebody has tasks run: to end that is for whoever has begun it.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def own_connection() -> None:
    """Have this thread use a connection of its own, whatever pool the pages share.

    After failures a pool waits for longer and longer before it connects again: minutes after an hour's outage.
    """
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    options = wrapper.settings_dict["OPTIONS"]
    if "pool" in options:
        wrapper = connections.create_connection(DEFAULT_DB_ALIAS)
        options = {name: value for name, value in options.items() if name != "pool"}
        wrapper.settings_dict = {**wrapper.settings_dict, "OPTIONS": options}
        connections[DEFAULT_DB_ALIAS] = wrapper


@contextmanager
def renewed(row: DBTaskResult[Any, Any]) -> Iterator[None]:
    """Renew the lease of a task as long as it takes."""
    ended = threading.Event()

    def renew() -> None:
        own_connection()
        while not ended.wait(settings.TASK_LEASE_SECONDS / 3):
            try:
                Lease.objects.filter(task=row.pk).update(renewed=Now())
            except (DatabaseError, InterfaceError):
                logger.warning("the lease of task %s could not be renewed", row.pk, exc_info=True)
            finally:
                connections.close_all()

    renewing = threading.Thread(target=renew, name="tasks lease", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()


def _own(row: DBTaskResult[Any, Any]) -> Any:
    """A task as long as nobody else has taken it over."""
    return DBTaskResult.objects.filter(pk=row.pk, status=TaskResultStatus.RUNNING, started_at=row.started_at)


def note_success(row: DBTaskResult[Any, Any]) -> None:
    """A task is done, and there is nothing to keep of it."""
    with transaction.atomic():
        _own(row).delete()
    row.status, row.finished_at = TaskResultStatus.SUCCESSFUL, timezone.now()
    task_finished.send(sender=type(row.task.get_backend()), task_result=row.task_result)


def note_failure(row: DBTaskResult[Any, Any], error: Exception) -> None:
    """A task has failed: it waits to be tried again, or has been tried often enough."""
    attempts = len(row.worker_ids)
    row.exception_class_path = f"{type(error).__module__}.{type(error).__qualname__}"
    row.traceback = _as_text("".join(format_exception(error)))
    is_final = isinstance(error, GiveUpError) or attempts >= settings.TASK_ATTEMPTS
    values: dict[str, Any] = {"exception_class_path": row.exception_class_path, "traceback": row.traceback}
    if is_final:
        values |= {"status": TaskResultStatus.FAILED, "finished_at": timezone.now()}
    else:
        values |= {"status": TaskResultStatus.READY, "run_after": timezone.now() + pause_after(attempts)}
    with transaction.atomic():
        if not _own(row).update(**values):
            return
        Lease.objects.filter(task=row.pk).delete()
        if is_final:
            gave_up.send(sender=None, task_path=row.task_path, **row.args_kwargs)
    if is_final:
        logger.error("task %s (%s) has failed for good", row.pk, row.task_path, exc_info=error)
    else:
        pause = pause_after(attempts)
        logger.warning("task %s (%s) failed and is tried again in %s: %s", row.pk, row.task_path, pause, error)


def _as_text(complaint: str) -> str:
    """What every database can keep of it: else it could never be noted, nor any other task be begun."""
    return complaint.encode(errors="backslashreplace").decode().replace("\0", "\\0")


def try_again(rows: Any) -> int:
    """Have tasks that have failed for good tried as often once more; return how many."""
    failed = rows.filter(status=TaskResultStatus.FAILED)
    again: int = failed.update(status=TaskResultStatus.READY, worker_ids=[], run_after=timezone.now(), finished_at=None)
    return again


def sweep() -> None:
    """Look after tasks whose process is gone, and forget those that failed long ago."""
    lease = timedelta(seconds=settings.TASK_LEASE_SECONDS)
    running = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING, backend_name="default")
    # One without a lease was begun by the worker of django-tasks-db itself.
    is_lost = Q(lease__renewed__lt=Now() - lease) | Q(lease=None, started_at__lt=Now() - lease)
    for row in running.filter(is_lost):
        note_failure(row, LostError("the process that was at it is gone"))
    oldest = timezone.now() - timedelta(days=settings.FAILED_TASK_DAYS)
    DBTaskResult.objects.filter(status=TaskResultStatus.FAILED, finished_at__lt=oldest).delete()


@receiver(task_enqueued)
def wake_runners(**_: Any) -> None:
    """Have this process's runner begin a task as soon as it is committed."""
    for runner in list(_runners):
        transaction.on_commit(runner.wake)

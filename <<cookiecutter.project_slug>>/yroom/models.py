"""What the engine keeps in the database: each room's log and snapshot, and which worker serves which shard."""

from typing import ClassVar

from django.db import models


class RoomSnapshot(models.Model):
    """The compacted state of a room: everything its log held when the snapshot was made."""

    room = models.CharField(max_length=255, primary_key=True)
    state = models.BinaryField()
    checksum = models.BigIntegerField()
    updated = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.room


class RoomUpdate(models.Model):
    """One entry of a room's append-only log: an update exactly as a client sent it."""

    sequence = models.BigAutoField(primary_key=True)
    room = models.CharField(max_length=255)
    update = models.BinaryField()
    checksum = models.BigIntegerField()
    user = models.CharField(max_length=64, blank=True)
    # Whether it was sent as it was made, and not as an answer to what the server lacked.
    live = models.BooleanField(default=False, db_default=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["room", "sequence"], name="yroom_update_room")]

    def __str__(self) -> str:
        return f"{self.room} #{self.sequence}"


class AuthorNote(models.Model):
    """Who made or deleted some operations of a room, as its log told before it was folded: see crdt/authors.py."""

    room = models.CharField(max_length=255)
    kind = models.SmallIntegerField()
    client = models.BigIntegerField()
    clock = models.BigIntegerField()
    length = models.BigIntegerField()
    user = models.CharField(max_length=64, blank=True)
    first = models.DateTimeField(null=True)
    last = models.DateTimeField(null=True)
    live = models.BooleanField(default=False)
    confirmed = models.BooleanField(default=True)
    by = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["room", "kind", "client", "clock"], name="yroom_author_room"),
            models.Index(fields=["room"], condition=models.Q(confirmed=False), name="yroom_author_unconfirmed"),
        ]

    def __str__(self) -> str:
        return f"{self.room} {self.client}:{self.clock}+{self.length} {self.user}"


class DamagedRoom(models.Model):
    """A room that could not be read when it was last tried, until it is repaired."""

    room = models.CharField(max_length=255, primary_key=True)
    reason = models.TextField()
    found = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.room


class DamagedRow(models.Model):
    """A row of a room that could not be read and was set aside, as it was, until somebody deletes it."""

    room = models.CharField(max_length=255, db_index=True)
    # Its place in the log; none for a snapshot.
    sequence = models.BigIntegerField(null=True)
    data = models.BinaryField()
    checksum = models.BigIntegerField()
    user = models.CharField(max_length=64, blank=True)
    created = models.DateTimeField()
    reason = models.TextField()
    set_aside = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.room} {'snapshot' if self.sequence is None else f'#{self.sequence}'}"


class RoomSchema(models.Model):
    """Of which schema a room's document is, where its settings name what brings it up to a newer one."""

    room = models.CharField(max_length=255, primary_key=True)
    schema = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.room}: {self.schema}"


class FormerRow(models.Model):
    """A row of a room as it was before its document was brought up to a newer schema, until somebody deletes it."""

    room = models.CharField(max_length=255, db_index=True)
    # That of the document then; none from before there were numbers.
    schema = models.IntegerField(null=True)
    # Its place in the log; none for a snapshot.
    sequence = models.BigIntegerField(null=True)
    data = models.BinaryField()
    checksum = models.BigIntegerField()
    user = models.CharField(max_length=64, blank=True)
    created = models.DateTimeField()
    replaced = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.room} {'snapshot' if self.sequence is None else f'#{self.sequence}'} of schema {self.schema}"


class ShardLease(models.Model):
    """Which worker serves a shard, and until when: it has lost it once `renewed` is too old.

    `term` grows with every change of hands, so that a web process knows the newer of two who claim to serve it. A
    worker has one for itself too, so that the others know how many share the shards.
    """

    shard = models.CharField(max_length=100, primary_key=True)
    worker = models.CharField(max_length=100, blank=True)
    term = models.BigIntegerField(default=0)
    renewed = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.shard}: {self.worker or 'free'}"


class ShardFence(models.Model):
    """Who may commit to the rooms of a shard: the worker that claimed it last, as long as nobody claims it after.

    It changes with every claim and at no other time, so that commits, which hold it for a moment, keep nobody waiting
    who only renews a lease.
    """

    shard = models.CharField(max_length=100, primary_key=True)
    worker = models.CharField(max_length=100)
    term = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.shard}: {self.worker} since {self.term}"

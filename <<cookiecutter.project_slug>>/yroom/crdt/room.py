"""A room: one Yjs document, the clients connected to it, and what each frame from a client makes happen.

It knows neither Django nor Channels nor time: the worker passes in frames and gives it ways out (`Outlet`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from . import causal_order, library, protocol
from .answers import Answers
from .authors import CONFIRMED, SHOWN, Claim, Note
from .awareness import Awareness
from .causal_index import Placed
from .clients import Broadcast, Client, Limits, read
from .confirming import Authorship, Foreign, same
from .document import LARGE, Document
from .outlet import Outlet
from .steps import Steps, all_at_once
from .update_reader import Contents

# Bytes of a state vector from which on a thread finds out what of it is of use.
MANY: Final = 4096


class Room:
    """One document and its clients."""

    def __init__(self, name: str, limits: Limits, outlet: Outlet, roots: Mapping[bytes, str] | None = None) -> None:
        self.name = name
        self.outlet = outlet
        self.clients: dict[int, Client] = {}
        self.document = Document(name, limits, roots, self, outlet)
        self.answers = Answers(self.document, outlet)
        self.awareness = Awareness(limits.awareness_fields, limits.awareness_ids, limits.awareness_size)
        self.authorship = Authorship()
        # What is to be broadcast: updates, whose they are, and the ids whose awareness is news.
        self._updates: list[bytes] = []
        self._origins: set[int] = set()
        self._moved: set[int] = set()

    # Whose operations are whose

    def expect(self, unconfirmed: Sequence[Note]) -> None:
        """What is stored as somebody's who can still confirm it."""
        self.authorship.expect(unconfirmed)
        self._note_shown()

    def found(self, claims: Mapping[int, Claim]) -> None:
        """It has been found out whose client ids were, before what came under them."""
        before = len(self.authorship.foreign)
        self.authorship.found(claims)
        self._note_shown()
        owners = {each.owner for each in self.authorship.foreign[before:]}
        for client in self.clients.values():
            if client.login in owners:
                self._question(client)

    def _present(self) -> frozenset[str]:
        """Who is here and is sent what comes: what they have not been asked for yet, they cannot answer with."""
        return frozenset(client.login for client in self.clients.values() if client.answered)

    def _note_shown(self) -> None:
        shown = self.authorship.take_shown()
        if shown:
            self.outlet.settled(shown, SHOWN)

    def _question(self, client: Client) -> None:
        """Ask a client for what it has beyond the document, and for what it may confirm: see confirming.py."""
        state = library.state_of(self.document.doc)
        waiting = self.authorship.waits_for(client.login)
        if waiting:
            known = causal_order.read_state_vector(state)
            for each in waiting:
                known[each.client] = min(known.get(each.client, 0), each.clock)
            state = causal_order.write_state_vector(known)
        self.outlet.reply(client, protocol.sync_step1(state))

    def _confirm(self, client: Client, update: bytes, contents: Contents) -> Steps:
        """Take what was sent under a client's number as its owner's if he sends the same. Returns True."""
        asked = [each for each in self.authorship.waits_for(client.login) if _holds(contents, each)]
        if not asked:
            return True
        before = causal_order.read_state_vector(library.state_of(self.document.doc))
        for each in asked:
            before[each.client] = min(before.get(each.client, 0), each.clock)
        held = library.encode(self.document.doc, causal_order.write_state_vector(before))
        found: list[list[tuple[int, int]]] = yield partial(same, update, held, asked)
        for each, parts in zip(asked, found, strict=True):
            if parts:
                self.outlet.settled([replace(each, clock=a, end=b) for a, b in parts], CONFIRMED)
                # Nor will the rest ever be the same.
                self.authorship.settle(each)
        self._note_shown()
        return True

    # What lacks something

    def ask(self, client: Client) -> bool:
        """Ask a client for what its updates lack, if any still does; return whether it was asked."""
        if client.id not in self.clients or not self.document.is_owed_by(client):
            return False
        client.asked = True
        self.outlet.reply(client, protocol.sync_step1(library.state_of(self.document.doc)))
        return True

    def give_up(self, client: Client) -> None:
        """A client that was asked has answered, or will not: set aside what it sent. Next time it is asked anew."""
        client.asked = False
        self.document.set_aside(client)

    def tell_set_aside(self, client: Client) -> None:
        """Tell a client that something it sent is stored, and waits for what it lacks."""
        if client.controls and client.id in self.clients:
            self.outlet.reply(client, protocol.control(_SET_ASIDE))

    # Clients

    def join(self, client: Client, *, again: bool = False) -> None:
        """Add a client: greet it, ask for what it has, tell it who is here.

        With `again` it was connected all along while the worker changed, and has missed an unknown part: a stock client
        is sent everything, one that speaks yroom.1 is asked to ask.
        """
        self.clients[client.id] = client
        if client.controls:
            self.outlet.reply(client, protocol.control({"type": "resync"} if again else self._greeting(client)))
        elif again:
            self._answer(client, protocol.EMPTY_STATE_VECTOR)
        client.answered = False
        self._question(client)
        if again:
            self.awareness.resume()
        present = self.awareness.welcome()
        if present != b"\x00":
            self.outlet.reply(client, protocol.awareness(present))

    def update_client(self, client: Client, *, read_only: bool, role: str, user: dict[str, Any] | None) -> None:
        """Change what a connected client may do and is called."""
        client.read_only, client.role, client.refused = read_only, role, False
        if client.user != user:
            client.user = user
            self._moved.update(self.awareness.rename(client.id, user))
            self.outlet.changed()
        if client.controls:
            self.outlet.reply(client, protocol.control({**self._greeting(client), "type": "role"}))

    def leave(self, client: Client) -> Broadcast | None:
        """Remove a client; return what tells the others that it went."""
        if self.clients.pop(client.id, None) is None:
            return None
        if client.lacking:
            self.document.set_aside(client)
        gone = self.awareness.leave(client.id, untold=self._moved)
        self._moved &= self.awareness.states.keys()
        return Broadcast(protocol.awareness(gone)) if gone else None

    def receive(self, client: Client, frame: bytes) -> None:
        """Take a frame from a client.

        Raises what `read` raises, and then nothing of it has taken effect, or what `apply` raises: then what stands in
        it before the bad message has.
        """
        all_at_once(self.receiving(client, frame))

    def receiving(self, client: Client, frame: bytes) -> Steps:
        """`receive()` in steps, see `applying()`. Returns True."""
        messages = read(frame) if len(frame) <= LARGE else (yield partial(read, frame))
        # A frame may ask the same a thousand times.
        asks, state_vector = False, None
        lacked = client.lacking
        for kind, step, payload, contents in messages:
            if kind == protocol.AWARENESS:
                changed = self.awareness.receive(client.id, client.login, client.user, payload)
                if changed:
                    self._moved.update(changed)
                    self.outlet.changed()
                    if any(map(self.awareness.is_ahead, changed)):
                        self.outlet.reply(client, protocol.awareness(self.awareness.encode(changed)))
            elif kind == protocol.QUERY_AWARENESS:
                asks = True
            elif step == protocol.STEP1:
                state_vector = payload
            elif client.read_only:
                self._take_nothing(client, step, payload, contents)
            else:
                lacking = client.lacking
                if contents is not None and self.authorship.foreign:
                    yield from self._confirm(client, payload, contents)
                client.live = step == protocol.UPDATE
                for number in () if contents is None else contents.structs:
                    state = self.awareness.states.get(number)
                    if state is not None and state.login != client.login:
                        client.live = False  # all see whose number it is before he writes under it
                yield from self.document.applying(payload, client, contents)
                if client.lacking == lacking:
                    client.documents += 1
                if step == protocol.STEP2 and client.asked:
                    # It has sent all it has.
                    self.give_up(client)
            client.answered |= kind == protocol.SYNC and step == protocol.STEP2
        if state_vector is not None:
            if len(state_vector) > MANY:
                own = library.state_of(self.document.doc)
                state_vector = yield partial(causal_order.of_use, state_vector, own)
            if self.answers.need_index(state_vector):
                yield from self.document.surveying()
            self._answer(client, state_vector)
        if asks:
            self.outlet.reply(client, protocol.awareness(self.awareness.encode()))
        if client.lacking > lacked and self.document.is_owed_by(client):
            self.outlet.lacks(client)
        return True

    def _answer(self, client: Client, state_vector: bytes) -> None:
        if self.authorship.is_busy:
            self.authorship.answered(client.login, causal_order.read_state_vector(state_vector))
            self._note_shown()
        self.answers.give(client, state_vector)

    def _take_nothing(self, client: Client, step: int, payload: bytes, contents: Contents | None) -> None:
        """Drop what a reader sent, and tell it, unless it is an answer without anything new."""
        if step == protocol.UPDATE or (contents is not None and not self.document.has(contents)):
            # Not counted: what is dropped must never look saved.
            self._refuse(client)
        else:
            client.documents += 1

    def taken(self, update: bytes, contents: Contents, placed: Placed, client: Client) -> None:
        """Have stored, and sent to the others, what the document has now."""
        if self.authorship.take(placed, client.login, client.live, self._present):
            self._note_shown()
            if self.authorship.unsure:
                self.outlet.whose()
        if not self.answers.are_none:
            self.answers.add(update, contents)
        self._updates.append(update)
        self._origins.add(client.id)
        self.outlet.changed()
        self.outlet.store(update, client)

    def flush(self) -> list[Broadcast]:
        """What has gathered since the last flush, as one frame for updates and one for awareness."""
        broadcasts = []
        if self._updates:
            updates, self._updates = self._updates, []
            # A single writer has its own updates already.
            skip = self._origins.pop() if len(self._origins) == 1 else 0
            self._origins.clear()
            for update in updates if len(updates) == 1 else causal_order.merged(updates):
                broadcasts.append(Broadcast(protocol.sync_update(update), skip))  # noqa: PERF401  # not a call for each
        moved, self._moved = self._moved, set()
        if moved and (present := moved & self.awareness.states.keys()):
            # From time to time also back to its sender: y-websocket takes 30 s of silence for a dead connection.
            owners = {self.awareness.states[client].owner for client in present}
            skip = owners.pop() if len(owners) == 1 else 0
            broadcasts.append(Broadcast(protocol.awareness(self.awareness.encode(sorted(present))), skip, True))
        return broadcasts

    def _greeting(self, client: Client) -> dict[str, Any]:
        return {
            "type": "welcome",
            "role": client.role,
            "read_only": client.read_only,
            "user": client.user,
            "client": str(client.id),
        }

    def _refuse(self, client: Client) -> None:
        if client.refused:
            return
        client.refused = True
        text = "You can read this document, but not change it. Your change was not saved."
        if client.controls:
            notice = {"type": "notice", "code": "read_only", "text": text}
            self.outlet.reply(client, protocol.control(notice))
        else:
            self.outlet.reply(client, protocol.permission_denied(text))


def _holds(contents: Contents, foreign: Foreign) -> bool:
    """Whether an update holds all operations that somebody may confirm."""
    structs = contents.structs.get(foreign.client)
    if not structs:
        return False
    return structs[0].clock <= foreign.clock and structs[-1].clock + structs[-1].length >= foreign.end


_SET_ASIDE: Final = {
    "type": "notice",
    "code": "set_aside",
    "text": "Some of your changes build on others that the server does not have. They are kept apart, and are added to"
    " the document as soon as the others arrive.",
}

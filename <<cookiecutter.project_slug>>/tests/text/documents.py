"""Random documents, as several people might write them who mean no harm, and some who do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from pycrdt import Doc, Map, Text

from yroom.contents import DELETED, TYPE, Items

PEOPLE = 3

words = st.one_of(
    st.sampled_from(["a", "word ", "\n", "😀", "\n\n x", "<b>&\u00a0", "שלום"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)
ids = st.sampled_from(["x", "y", "z"])
ref = st.lists(st.integers(0, 60), min_size=1, max_size=1).flatmap(
    lambda clock: st.integers(1, PEOPLE).map(lambda client: [client, *clock])
)
# Somebody is named, in letters some of which nobody shall see.
MENTION = {"mention": "m1", "user": "7", "name": " Ada\u202e\tL. "}

anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 2**31),
        st.floats(),
        st.sampled_from(["", "x" * 9_000, "__proto__", "constructor"]),
        st.binary(max_size=2),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["t", "r", "c", "n", "after", "href", "x"]), inner, max_size=3),
    ),
    max_leaves=4,
)
addresses = st.sampled_from(
    [
        "https://example.com/a.png",
        "javascript:alert(1)",
        "HTTPS://Exämple.com/a b",
        " http://site.example/a",
        "example.com/<\">",
        "mailto:a@b",
        "https://",
        "//x",
        "https://1.1.1",
        "x_y.z",
        "example.com",
        "data:x",
    ]
)
KEYS: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(["heading", "code", "rule", "image", "table", "callout", "constructor"]),
    "level": st.integers(0, 7),
    "language": st.sampled_from(["python", "", 'a"b']),
    "src": addresses,
    "alt": st.sampled_from(["", 'A "picture"']),
    "title": st.sampled_from(["", "T"]),
    "width": st.integers(0, 20_000),
    "table": ids,
    "list": st.sampled_from(["bullet", "ordered", "task"]),
    "start": st.one_of(st.integers(0, 9), st.just("on")),
    "numbers": st.sampled_from(["a", "I", "x"]),
    "checked": st.booleans(),
    "indent": st.integers(0, 9),
    "quote": st.integers(0, 5),
    "break": st.integers(0, 6),
    "dir": st.sampled_from(["ltr", "rtl", "auto"]),
    "align": st.sampled_from(["left", "center", "justify"]),
    "cell": st.fixed_dictionaries({"t": ids, "r": ids, "c": ids}),
    "hidden": st.booleans(),
    "place": st.fixed_dictionaries(
        {"after": st.one_of(st.none(), ref), "n": st.sampled_from(["a", "b", "\U00010000", "\uffff"])}
    ),
    "join": ref,
}
key = st.sampled_from(list(KEYS)).flatmap(
    lambda name: st.tuples(st.just(name), st.one_of(KEYS[name], KEYS[name], KEYS[name], anything))
)
listed = st.fixed_dictionaries(
    {}, optional={name: KEYS[name] for name in ("list", "indent", "quote", "break", "start", "dir")}
)
tabled = st.fixed_dictionaries(
    {"cell": st.fixed_dictionaries({"t": st.just("x"), "r": ids, "c": ids})}, optional={"align": KEYS["align"]}
)
keys = st.one_of(st.lists(key, max_size=5).map(dict), listed, listed, tabled, st.just({"kind": "table", "table": "x"}))
acts = st.dictionaries(
    st.tuples(st.sampled_from("biushclx"), st.sampled_from("0123456789"), st.sampled_from(["", "y" * 50])).map(
        lambda parts: f"{parts[0]}:{parts[1]}{parts[2]}"
    ),
    st.one_of(
        st.integers(-3, 3),
        st.fixed_dictionaries({"t": st.integers(0, 3)}, optional={"href": addresses}),
        st.none(),
        anything.filter(lambda value: not isinstance(value, bytes)),
    ),
    max_size=3,
)
place = st.floats(0, 1)
table_key = st.tuples(ids, st.sampled_from(["r", "c", "h", "w", "q"]), ids).map("/".join)
table_value = st.one_of(st.sampled_from(["1", "5", "\U00010000", "\uffff", True, 120]), anything)


@dataclass
class Person:
    doc: Doc[Any]

    @property
    def text(self) -> Text:
        text: Text = self.doc.get("text", type=Text)
        return text

    @property
    def markers(self) -> list[Map[Any]]:
        return [part for part, _ in self.text.diff() if isinstance(part, Map)]

    def at(self, place: float) -> int:
        """A place in the text, in bytes, as pycrdt counts; never within a character."""
        places = [0]
        for part, _ in self.text.diff():
            sizes = [len(letter.encode()) for letter in part] if isinstance(part, str) else [1]
            for size in sizes:
                places.append(places[-1] + size)
        return places[int(place * (len(places) - 1))]

    def ref(self, place: float) -> list[int] | None:
        """The id of a marker, or of something that was deleted: it may have been one."""
        items = [item for item in Items(self.doc.get_update()).root("text").items() if item.kind in (TYPE, DELETED)]
        item = items[int(place * (len(items) - 1))] if items else None
        return None if item is None else [item.client, item.clock]


Act = Callable[[Person], None]


def write(place: float, words: str, formats: dict[str, Any]) -> Act:
    return lambda person: person.text.insert(person.at(place), words, formats) if words else None


def mark(place: float, keys: dict[str, Any]) -> Act:
    return lambda person: person.text.insert_embed(person.at(place), Map(keys))


def embed(place: float, value: Any) -> Act:
    return lambda person: person.text.insert_embed(person.at(place), value)


def format_(one: float, other: float, formats: dict[str, Any]) -> Act:
    def act(person: Person) -> None:
        start, end = sorted((person.at(one), person.at(other)))
        if start < end:
            person.text.format(start, end, formats)

    return act


def delete(one: float, other: float) -> Act:
    def act(person: Person) -> None:
        start, end = sorted((person.at(one), person.at(other)))
        if start < end:
            del person.text[start:end]

    return act


def say(place: float, name: str, value: Any) -> Act:
    def act(person: Person) -> None:
        markers = person.markers
        if markers:
            markers[int(place * (len(markers) - 1))][name] = value

    return act


def tabulate(name: str, value: Any) -> Act:
    return lambda person: person.doc.get("tables", type=Map).__setitem__(name, value)


def move(place: float, behind: float, rank: str) -> Act:
    return lambda person: say(place, "place", {"after": person.ref(behind), "n": rank})(person)


def join(place: float, to: float) -> Act:
    return lambda person: say(place, "join", person.ref(to))(person)


def delete_marker(place: float) -> Act:
    """As an Enter that is undone."""

    def act(person: Person) -> None:
        at, places = 0, []
        for part, _ in person.text.diff():
            if isinstance(part, Map):
                places.append(at)
            at += len(part.encode()) if isinstance(part, str) else 1
        if places:
            start = places[int(place * (len(places) - 1))]
            del person.text[start : start + 1]

    return act


def link(one: float, other: float, order: int, address: str) -> Act:
    return format_(one, other, {"l:1": {"t": order, "href": address}})


def merge(row: str, column: str, to_row: str, to_column: str) -> Act:
    return tabulate(f"x/s/{row}/{column}", f"{to_row}/{to_column}")


def tabulate_all(row: str, column: str, third: str) -> Act:
    def act(person: Person) -> None:
        for name in (f"r/{row}", f"r/{third}", f"c/{column}"):
            tabulate(f"x/{name}", "5")(person)

    return act


action = st.one_of(
    st.builds(write, place, words, acts),
    st.builds(write, place, words, st.just({})),
    st.builds(mark, place, keys),
    st.builds(mark, place, keys),
    st.builds(
        embed,
        place,
        st.sampled_from([{"formula": "x"}, {}, {"t": 1}, MENTION, {**MENTION, "name": " "}, {**MENTION, "user": 7}]),
    ),
    st.builds(format_, place, place, acts),
    st.builds(delete, place, place),
    key.flatmap(lambda pair: st.builds(say, place, st.just(pair[0]), st.just(pair[1]))),
    st.builds(tabulate, table_key, table_value),
    st.builds(tabulate_all, ids, ids, ids),
    st.builds(tabulate_all, ids, ids, ids),
    st.builds(merge, ids, ids, ids, ids),
    st.builds(move, place, place, st.sampled_from(["a", "b", "\U00010000", "\uffff"])),
    st.builds(move, place, place, st.sampled_from(["a", "b", "\U00010000", "\uffff"])),
    st.builds(join, place, place),
    st.builds(join, place, place),
    st.builds(delete_marker, place),
    st.builds(link, place, place, st.integers(0, 3), addresses),
)
# How many lines there are at first, and whether a table; then who does what, and before which of it they meet.
Session = tuple[int, bool, list[tuple[int, Act, int]]]


def sessions_of(actions: st.SearchStrategy[Act]) -> st.SearchStrategy[Session]:
    acts = st.lists(st.tuples(st.integers(0, PEOPLE - 1), actions, st.integers(0, 3)), max_size=30)
    return st.tuples(st.integers(0, 6), st.booleans(), acts)


sessions = sessions_of(action)
# Of people who mean no harm: each rank is another, and what they name is there.
own_rank = st.integers(0, 2**30).map(lambda number: f"{number:06x}V")
kind_sessions = sessions_of(
    st.one_of(
        st.builds(write, place, words, st.just({})),
        st.builds(mark, place, listed),
        st.builds(move, place, place, own_rank),
        st.builds(move, place, place, own_rank),
        st.builds(join, place, place),
        st.builds(say, place, st.just("hidden"), st.booleans()),
    )
)


def written(session: Session) -> bytes:
    """The state of a document in which this was done."""
    people = [Person(Doc(client_id=number + 1)) for number in range(PEOPLE)]
    lines, is_tabled, acts = session
    for number in range(lines):
        write(1, f"word{number}", {})(people[0])
        mark(1, {})(people[0])
    if is_tabled:
        for id_ in ("x", "y", "z"):
            tabulate_all(id_, id_, id_)(people[0])
            write(1, f"cell{id_}", {})(people[0])
            mark(1, {"cell": {"t": "x", "r": id_, "c": "y"}})(people[0])
        mark(1, {"kind": "table", "table": "x"})(people[0])
    meet(people)
    for who, act, meets in acts:
        if not meets:
            meet(people)
        act(people[who])
    meet(people)
    return people[0].doc.get_update()


def meet(people: list[Person]) -> None:
    updates = [person.doc.get_update() for person in people]
    for person in people:
        for update in updates:
            person.doc.apply_update(update)

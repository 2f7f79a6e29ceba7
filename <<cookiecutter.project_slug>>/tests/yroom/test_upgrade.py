"""Documents stored by former versions of Yjs and pycrdt: a new one must read them as they were.

documents.json holds the updates of each, as they were stored, those that they waited for (`missing`), and what came of
them: the state vector, and a hash of all content. It is never written again, only added to: `describe()` says what of a
new document belongs there.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from yroom.crdt import causal_index, causal_order, update_reader

DOCUMENTS = json.loads(Path(__file__).with_name("documents.json").read_text())
ROOTS = {"content": Text, "default": XmlFragment, "map": Map, "array": Array}


def plain(value: Any) -> Any:
    """A shared type, and all in it, as JSON can have it."""
    if isinstance(value, Doc):
        return {"document": value.guid}
    if isinstance(value, Map):
        return {key: plain(value[key]) for key in sorted(value.keys())}
    if isinstance(value, Array):
        return [plain(each) for each in value]
    if isinstance(value, Text | XmlText):
        return [[plain(part), marks] for part, marks in value.diff()]
    if isinstance(value, XmlElement):
        pairs: list[Any] = sorted(value.attributes)  # type: ignore[call-overload]  # a view that is typed wrongly
        return [value.tag, pairs, [plain(each) for each in value.children]]
    if isinstance(value, XmlFragment):
        return [plain(each) for each in value.children]
    if isinstance(value, bytes | bytearray):
        return {"bytes": value.hex()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return value


def content(doc: Doc[Any]) -> str:
    """All content of a document."""
    present = {name: plain(doc.get(name, type=kind)) for name, kind in ROOTS.items() if name in list(doc.keys())}
    return json.dumps(present, sort_keys=True, ensure_ascii=False)


def describe(doc: Doc[Any]) -> dict[str, Any]:
    """What documents.json says of a document."""
    vector = causal_order.read_state_vector(doc.get_state())
    return {
        "state_vector": {str(client): vector[client] for client in sorted(vector) if vector[client]},
        "sha256": hashlib.sha256(content(doc).encode()).hexdigest(),
    }


def decoded(texts: list[str]) -> list[bytes]:
    return [base64.b64decode(text) for text in texts]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_stored_document_reads_as_it_was(name: str) -> None:
    """Before and after what was missing came, and once more after it was stored anew."""
    document = DOCUMENTS[name]
    stored, missing = decoded(document["updates"]), decoded(document["missing"])
    for update in [*stored, *missing]:
        update_reader.read(update)
    doc, late = causal_order.join(stored)
    assert len(late) == document["waiting"]
    assert describe(doc) == document["before"], content(doc)
    whole, late = causal_order.join([*stored, *missing])
    assert late == set()
    assert describe(whole) == document["after"], content(whole)
    causal_index.survey(whole.get_update())
    again, _ = causal_order.join([whole.get_update()])
    assert describe(again) == document["after"], content(again)
    # As a log whose waiting rows the snapshot left behind.
    resumed, _ = causal_order.join([doc.get_update(), *missing, *stored])
    assert describe(resumed) == document["after"], content(resumed)
    # As the worker sends it, waiting rows and all, to a browser that then gets the rest.
    merged, _ = causal_order.join([causal_order.merge([doc.get_update(), *stored, *missing])])
    assert describe(merged) == document["after"], content(merged)

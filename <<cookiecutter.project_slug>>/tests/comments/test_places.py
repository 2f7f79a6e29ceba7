"""The places of threads: what Yjs makes of them, and what pycrdt's sticky index does, is the same.

In text of one byte a letter, that is: pycrdt counts in bytes where the ids that a place is made of count in UTF-16.
"""

import base64
import json
import random
import subprocess
from typing import Any, Final

from pycrdt import Assoc, Doc, StickyIndex, Text

from comments.places import is_place
from tests.servers import ROOT

# Writes on in a text, says where each letter is by a place of its own, and where it finds the places that it is given.
BROWSER: Final = """
const Y = require("yjs");
const { state, writes, places } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const doc = new Y.Doc();
Y.applyUpdate(doc, Buffer.from(state, "base64"));
const text = doc.getText("text");
for (const [at, gone, words] of writes) { text.delete(at, gone); text.insert(at, words); }
const find = (place) => {
  const position = Y.decodeRelativePosition(Buffer.from(place, "base64"));
  return Y.createAbsolutePositionFromRelativePosition(position, doc).index;
};
const place = (index, assoc) => {
  const position = Y.createRelativePositionFromTypeIndex(text, index, assoc);
  return Buffer.from(Y.encodeRelativePosition(position)).toString("base64");
};
const made = [...text.toString()].flatMap((_, index) => [[index, place(index, 0)], [index + 1, place(index + 1, -1)]]);
const state_ = Buffer.from(Y.encodeStateAsUpdate(doc)).toString("base64");
console.log(JSON.stringify({ state: state_, text: text.toString(), found: places.map(find), made }));
"""


def writes(length: int) -> list[tuple[int, int, str]]:
    """Where somebody writes, what they delete there and what they insert."""
    found = []
    for _ in range(30):
        at = random.randrange(length + 1)
        gone, words = min(random.randrange(4), length - at), random.choice(["", "x", "word ", "long words\n"])
        found.append((at, gone, words))
        length += len(words) - gone
    return found


def in_browser(doc: Doc[Any], places: list[str]) -> Any:
    sent = {
        "state": base64.b64encode(doc.get_update()).decode(),
        "writes": writes(len(str(doc.get("text", type=Text)))),
        "places": places,
    }
    done = subprocess.run(
        ["node", "-e", BROWSER], cwd=ROOT, input=json.dumps(sent), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_both_find_the_same_place() -> None:
    """Also where both have written on since, and the letter itself is deleted."""
    doc: Doc[Any] = Doc()
    text = doc.get("text", type=Text)
    text += "What somebody wrote first. "
    for at, gone, words in writes(len(str(text))):
        if gone:
            del text[at : at + gone]
        text.insert(at, words)
    ours = [
        StickyIndex.new(text, index + (assoc == Assoc.BEFORE), assoc)
        for index in range(len(str(text)))
        for assoc in (Assoc.AFTER, Assoc.BEFORE)
    ]
    encoded = [base64.b64encode(each.encode()).decode() for each in ours]
    theirs = in_browser(doc, encoded)
    doc.apply_update(base64.b64decode(theirs["state"]))
    assert str(text) == theirs["text"]
    assert [each.get_index() for each in ours] == theirs["found"]
    made = [(index, place) for index, place in theirs["made"]]
    assert [StickyIndex.decode(base64.b64decode(place), text).get_index() for _, place in made] == [
        index for index, _ in made
    ]
    # And the server takes them all.
    assert all(map(is_place, [*encoded, *(place for _, place in made)]))

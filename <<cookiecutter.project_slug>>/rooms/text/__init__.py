"""The text of lines, on the server: reads and writes what frontend/surfaces/text/model/ reads and writes, in Python.

    text = Text(await YroomDocument(document.room_name).state())
    as_html(text.tree)

What is stored, and what must stay true, is in the README.md there. Modules and functions have the names that they have
in TypeScript, and tests/text/ holds both languages against each other: whoever changes one changes the other.
"""

"""Of a command that fails, what is told begins with what failed in it, and why."""

import sys
from pathlib import Path

import pytest

from .conftest import TOLD, TOLD_OF_ONE, run, what_failed

FAILING = """
import pytest


@pytest.mark.parametrize("number", [1, 2])
def test_one_of_two(number: int) -> None:
    print("noise\\n" * 4_000)
    pytest.fail("\\n".join(["this is why", *map(str, range(50))]))
"""


def told(folder: Path, *command: str) -> list[str]:
    with pytest.raises(pytest.fail.Exception) as raised:
        run(*command, cwd=folder, env={"CI": "true"})
    return str(raised.value).splitlines()


def test_a_run_of_pytest_that_fails_names_its_tests_first(tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(FAILING)
    tests = f"{sys.executable} -m pytest -p no:cacheprovider"
    title, first, *others = told(tmp_path, "sh", "-c", f"{tests}; made=$?; seq 4000; exit $made")
    assert title.endswith("ended with 1:")
    assert first.startswith("FAILED test_failing.py::test_one_of_two[1] - Failed: this is why")
    second = next(number for number, line in enumerate(others, 1) if line.startswith("FAILED "))
    assert second == TOLD_OF_ONE
    assert len(others) == 3 * TOLD_OF_ONE - 1


def test_of_any_other_command_the_end_is_told(tmp_path: Path) -> None:
    lines = told(tmp_path, "sh", "-c", "seq 4000; echo this is why; exit 1")
    assert lines[1:] == [*map(str, range(4002 - TOLD, 4001)), "this is why"]


def test_signs_of_colour_are_not_told() -> None:
    assert what_failed("\x1b[31m\x1b[1mred\x1b[0m") == "red"

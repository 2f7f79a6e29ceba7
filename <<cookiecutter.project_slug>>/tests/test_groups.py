"""Tests that share a server run in one process, or each process would start it."""

import os

import pytest


@pytest.mark.xdist_group("some")
def test_a_group_is_kept_together(request: pytest.FixtureRequest) -> None:
    """xdist goes by the end of a test's id, where its part in each process puts the group's name."""
    is_spread = "PYTEST_XDIST_WORKER" in os.environ
    assert request.node.nodeid.endswith("@some") == is_spread

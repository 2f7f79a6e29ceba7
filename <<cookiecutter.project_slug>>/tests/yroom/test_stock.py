"""Clients as they come from npm."""

import asyncio
import uuid

import pytest

from tests.servers import ROOT

from .conftest import Project


@pytest.mark.parametrize("cut", ["0", "1"], ids=["left", "cut"])
async def test_who_comes_back_sees_and_is_seen(project: Project, cut: str) -> None:
    """At once: what y-websocket would say again after a quarter of a minute is switched off here."""
    url = f"ws://127.0.0.1:{project.port}/ws/open"
    node = await asyncio.create_subprocess_exec(
        "node",
        "--experimental-websocket",
        "--no-warnings",
        "tests/yroom/stock.mjs",
        url,
        uuid.uuid4().hex,
        cut,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(60):
            output, _ = await node.communicate()
        assert output.decode().split() == ["met", "gone", "back", "gone", "back"]
    finally:
        if node.returncode is None:
            node.kill()

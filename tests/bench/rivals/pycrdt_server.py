# mypy: ignore-errors
"""pycrdt-websocket behind uvicorn, documents in memory: python pycrdt_server.py PORT"""

import asyncio
import sys

import uvicorn
from pycrdt.websocket import ASGIServer, WebsocketServer


async def main() -> None:
    async with WebsocketServer() as server:
        config = uvicorn.Config(ASGIServer(server), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
        await uvicorn.Server(config).serve()


asyncio.run(main())

#!/usr/bin/python3
"""
A client of a WebSocket by python3-websockets, for test_push_clients.py; what
it does is that of talk_ws.js.
"""

import asyncio
import json
import sys

import websockets


async def take(socket, step):
    """Send something and wait for the answer."""
    if "ping" in step:
        await (await socket.ping(step["ping"]))
        return step
    await socket.send(
        bytes.fromhex(step["hex"]) if "hex" in step else step["text"])
    answer = await socket.recv()
    return {"text": answer} if isinstance(answer, str) else {
        "hex": answer.hex()}


async def talk(url, steps):
    """Converse, and say what came."""
    found = []
    async with websockets.connect(url) as socket:
        print("open", flush=True)
        try:
            for step in steps or ():
                found.append(await take(socket, step))
            if steps is not None:
                await socket.close(4000, "enough")
        except websockets.ConnectionClosed:
            pass
        await socket.wait_closed()
    print(json.dumps([*found, socket.close_code]))


asyncio.run(talk(sys.argv[1], json.load(sys.stdin)))

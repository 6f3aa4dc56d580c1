"""The signalling server: clients in one room tell one another how to connect, and get short-lived names for the relay.

A client opens a WebSocket at /signal and sends JSON objects:

    {"type": "join", "room": "lobby"}             answered by {"type": "joined", "id": …, "peers": […], "iceServers": […]}
    {"type": "offer", "to": ID, "sdp": …}         handed to that client as it is, with "from"
    {"type": "answer", "to": ID, "sdp": …}
    {"type": "candidate", "to": ID, "candidate": …}

The others of a room are told who comes ("peer-joined") and who goes ("peer-left"). The relay's secret never leaves this
machine: what a client gets is a name with the time at which it ends, and the password made of both
(draft-uberti-behave-turn-rest-00).
"""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import os
import secrets
import signal
import time

import websockets

LIFETIME = 3600
LARGEST_MESSAGE = 64 * 1024
LARGEST_ROOM = 16
RELAYED = {"offer", "answer", "candidate"}

rooms = {}


def ice_servers():
    """What a browser's RTCPeerConnection takes as iceServers."""
    name = f"{int(time.time()) + LIFETIME}:{secrets.token_hex(4)}"
    digest = hmac.new(os.environ["TURN_SECRET"].encode(), name.encode(), hashlib.sha1).digest()
    host = os.environ.get("DOMAIN") or os.uname().nodename
    return [
        {"urls": [f"stun:{host}:3478"]},
        {
            "urls": [f"turn:{host}:3478?transport=udp", f"turn:{host}:3478?transport=tcp", f"turns:{host}:5349"],
            "username": name,
            "credential": base64.b64encode(digest).decode(),
        },
    ]


class Client:
    def __init__(self, socket):
        self.socket = socket
        self.id = secrets.token_hex(8)
        self.room = None

    async def send(self, **message):
        try:
            await self.socket.send(json.dumps(message))
        except websockets.ConnectionClosed:
            pass

    async def serve(self):
        try:
            async for text in self.socket:
                await self.take(text)
        except websockets.ConnectionClosed:
            pass
        finally:
            await self.leave()

    async def take(self, text):
        try:
            message = json.loads(text)
            kind = message["type"]
        except (ValueError, TypeError, KeyError):
            return await self.send(type="error", reason="a message is a JSON object with a type")
        if kind == "join":
            await self.join(message.get("room"))
        elif kind in RELAYED:
            await self.relay(message)
        else:
            await self.send(type="error", reason=f"there is no message '{kind}'")

    async def join(self, name):
        if self.room is not None or not isinstance(name, str) or not 1 <= len(name) <= 64:
            return await self.send(type="error", reason="a client joins one room, by a name of at most 64 characters")
        members = rooms.setdefault(name, {})
        if len(members) >= LARGEST_ROOM:
            return await self.send(type="error", reason="the room is full")
        others = list(members.values())
        members[self.id] = self
        self.room = name
        await self.send(
            type="joined", id=self.id, peers=[other.id for other in others], iceServers=ice_servers(), lifetime=LIFETIME
        )
        for other in others:
            await other.send(type="peer-joined", id=self.id)

    async def relay(self, message):
        members = rooms.get(self.room, {})
        # Without a name, in a room of two, there is one whom it can be for.
        others = [other for id, other in members.items() if id != self.id]
        target = members.get(message.get("to")) if "to" in message else others[0] if len(others) == 1 else None
        if target is None or target is self:
            return await self.send(type="error", reason="nobody in the room has this id")
        await target.send(**(message | {"from": self.id, "to": target.id}))

    async def leave(self):
        members = rooms.get(self.room, {})
        members.pop(self.id, None)
        if not members:
            rooms.pop(self.room, None)
        for other in list(members.values()):
            await other.send(type="peer-left", id=self.id)


async def serve(socket, path=None):
    await Client(socket).serve()


async def main():
    logging.basicConfig(level=logging.WARNING)
    stop = asyncio.get_running_loop().create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set_result, None)
    # Behind nginx, on this machine alone.
    async with websockets.serve(serve, "127.0.0.1", 8765, max_size=LARGEST_MESSAGE, ping_interval=20):
        await stop


if __name__ == "__main__":
    asyncio.run(main())

"""Speaks to a booted appliance as its clients do: AMQP, STOMP, MQTT, WebSocket, STUN, TURN, UDP.

Stonebake starts this with Debian's Python, writes one request a line (JSON) and reads one answer a line:

    {"client": "amqp", "port": 40001, "transport": "tcp", "connection": "a" or null, "goes-on": false,
     "limit": 10.0, "settings": {...}}
    {"passed": true, "detail": "…", "evidence": ["…"], "final": false}

The settings are the keys of the spec. A connection with a name stays open for later requests.
"""

import asyncio
import importlib
import json
import os
import sys

sys.path.insert(0, sys.path[0] if __name__ != "__main__" else __file__.rpartition("/")[0])

from check_common import Failure, Refused, excerpt  # noqa: E402

# The module that holds the class `Client`, and the Debian package that it needs.
CLIENTS = {
    "amqp": ("check_amqp", "python3-pika"),
    "amqp-1.0": ("check_amqp_1_0", "python3-qpid-proton"),
    "stomp": ("check_stomp", "python3-websockets"),
    "mqtt": ("check_mqtt", "python3-paho-mqtt"),
    "websocket": ("check_websocket", "python3-websockets"),
    "stun": ("check_turn", "python3-aioice"),
    "turn": ("check_turn", "python3-aioice"),
    "udp": ("check_udp", None),
}


class Step:
    """One request."""

    def __init__(self, request, connections):
        self.request = request
        self.settings = request["settings"]
        self.connections = connections
        self.received = []

    async def run(self):
        """Returns what was found, in one sentence."""
        if self.request["client"] in ("stun", "turn", "udp"):
            return await self.client().probe()
        if self.settings.get("refused"):
            return await self.be_refused()
        client, found = await self.connection()
        if "subscribe" in self.settings:
            await client.subscribe(self.settings["subscribe"])
            found.append("subscribed")
        for text in as_list(self.settings.get("send")):
            await client.send(text)
            found.append("sent")
        if "publish" in self.settings:
            found.append(await client.publish(self.settings["publish"]))
        if "expect" in self.settings:
            found.append(await self.expect(client))
        # One that failed may be stuck in its library: it ends with this process.
        if not self.request.get("connection"):
            await client.close()
        return ", ".join(dict.fromkeys(found))

    async def connection(self):
        name = self.request.get("connection")
        if self.request["goes-on"]:
            return self.connections[name], []
        client = self.client()
        await client.open()
        if name:
            self.connections[name] = client
        return client, [f"{client.title} connected"]

    def client(self):
        name = self.request["client"]
        if name == "amqp" and self.settings.get("version") == "1.0":
            name = "amqp-1.0"
        module, package = CLIENTS[name]
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            raise Failure(
                f"this check needs Debian's {package}, which is not installed here ('scripts/setup run' installs it)",
                final=True,
            ) from error
        return found.Client(self.request)

    async def be_refused(self):
        client = self.client()
        try:
            await client.open()
        except Refused as error:
            return f"refused: {error}"
        await client.close()
        raise Failure(f"{client.title} let in whom it has to refuse")

    async def expect(self, client):
        wanted = as_list(self.settings["expect"])
        while True:
            message = await client.receive()
            self.received.append(message)
            if all(text in message for text in wanted):
                return f"received '{excerpt(message, 60)}'"

    def failure(self, error):
        """What an error comes to."""
        evidence = [f"received: {excerpt(message, 160)}" for message in self.received[-10:]]
        if isinstance(error, (asyncio.TimeoutError, TimeoutError)):
            if "expect" in self.settings and (self.received or self.request["client"] != "udp"):
                wanted = " and ".join(f"'{text}'" for text in as_list(self.settings["expect"]))
                what = f"none of {len(self.received)} messages holds {wanted}" if self.received else "no message arrived"
                return answer(False, f"{what} within {self.request['limit']:.0f} s", evidence)
            return answer(False, f"no answer within {self.request['limit']:.0f} s", evidence)
        if isinstance(error, Refused):
            return answer(False, f"refused: {error}", evidence)
        if isinstance(error, Failure):
            return answer(False, str(error), evidence + error.evidence, error.final)
        return answer(False, f"{type(error).__name__}: {error}", evidence)


def as_list(value):
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def answer(passed, detail, evidence=(), final=False):
    return {"passed": passed, "detail": detail, "evidence": list(evidence), "final": final}


async def main():
    connections = {}
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        step = Step(request, connections)
        try:
            result = answer(True, await asyncio.wait_for(step.run(), request["limit"]))
        except Exception as error:  # Whatever a library raises is an answer.
            result = step.failure(error)
        print(json.dumps(result), flush=True)
    # Without waiting for threads that a library still blocks.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())

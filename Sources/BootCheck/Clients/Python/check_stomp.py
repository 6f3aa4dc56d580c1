"""STOMP 1.2 over TCP, TLS or a WebSocket. The frames are a few lines; stomp.py's connections know no WebSocket.

Source: https://stomp.github.io/stomp-specification-1.2.html
"""

import asyncio
import uuid

from check_common import HOST, BaseClient, Failure, Refused

ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", ":": "\\c"}
UNESCAPES = {"\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\c": ":"}


def encode(command, headers, body=""):
    """A frame's bytes. CONNECT alone escapes nothing."""
    lines = [command]
    for key, value in headers.items():
        if command != "CONNECT":
            key, value = (("".join(ESCAPES.get(c, c) for c in text)) for text in (key, value))
        lines.append(f"{key}:{value}")
    return ("\n".join(lines) + "\n\n" + body + "\0").encode()


def unescape(text):
    result, index = "", 0
    while index < len(text):
        pair = text[index : index + 2]
        result += UNESCAPES.get(pair, text[index])
        index += 2 if pair in UNESCAPES else 1
    return result


class Decoder:
    """Bytes to frames."""

    def __init__(self):
        self.buffer = b""

    def feed(self, data):
        self.buffer += data
        frames = []
        while frame := self._next():
            frames.append(frame)
        return frames

    def _next(self):
        # Line ends between frames are heart-beats.
        self.buffer = self.buffer.lstrip(b"\r\n")
        head, separator, rest = self.buffer.partition(b"\n\n")
        crlf = self.buffer.partition(b"\r\n\r\n")
        if crlf[1] and len(crlf[0]) < len(head):
            head, separator, rest = crlf
        if not separator:
            return None
        command, *lines = head.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
        headers = {}
        for line in lines:
            key, _, value = line.partition(":")
            # Of a header that stands twice the first counts.
            headers.setdefault(unescape(key), unescape(value))
        length = headers.get("content-length", "")
        end = int(length) if length.isdigit() else rest.find(b"\0")
        if end < 0 or len(rest) <= end:
            return None
        self.buffer = rest[end + 1 :]
        return command, headers, rest[:end].decode("utf-8", "replace")


class Client(BaseClient):
    title = "STOMP"

    async def open(self):
        self.decoder = Decoder()
        self.frames = []
        self.messages = []
        self.socket = None
        path = self.settings.get("path")
        if path:
            from check_websocket import handshake

            self.socket = await handshake(self, path, ["v12.stomp"])
            self.title = "STOMP over a WebSocket"
        else:
            try:
                self.reader, self.writer = await asyncio.open_connection(HOST, self.port, ssl=self.tls)
            except OSError as error:
                raise Failure(f"no STOMP connection: {error}") from error
        headers = {"accept-version": "1.2", "host": self.settings.get("vhost", "/"), "heart-beat": "0,0"}
        if self.user:
            headers |= {"login": self.user, "passcode": self.password}
        await self._write(encode("CONNECT", headers))
        command, headers, body = await self._frame()
        if command == "ERROR":
            text = f"{headers.get('message', '')} {body}".strip()
            if any(word in text.lower() for word in ("access", "auth", "bad connect", "credential", "denied")):
                raise Refused(text)
            raise Failure(f"no STOMP connection: {text}")
        if command != "CONNECTED":
            raise Failure(f"the server answers {command} in place of CONNECTED")

    async def _write(self, data):
        if self.socket:
            await self.socket.send(data.decode())
        else:
            self.writer.write(data)
            await self.writer.drain()

    async def _frame(self):
        while not self.frames:
            if self.socket:
                data = await self.socket.recv()
                data = data.encode() if isinstance(data, str) else data
            else:
                data = await self.reader.read(65536)
                if not data:
                    raise Failure("the server closed the connection")
            self.frames += self.decoder.feed(data)
        return self.frames.pop(0)

    async def _ask(self, command, headers, body=""):
        """Sends a frame and waits until the server has confirmed it."""
        receipt = uuid.uuid4().hex
        await self._write(encode(command, headers | {"receipt": receipt}, body))
        while True:
            command, headers, body = await self._frame()
            if command == "MESSAGE":
                self.messages.append(body)
            elif command == "ERROR":
                raise Failure(f"the server refuses: {headers.get('message', '')} {body}".strip())
            elif command == "RECEIPT" and headers.get("receipt-id") == receipt:
                return

    async def subscribe(self, destination):
        await self._ask("SUBSCRIBE", {"id": uuid.uuid4().hex, "destination": destination, "ack": "auto"})

    async def publish(self, what):
        headers = {"destination": what["destination"], "content-type": "text/plain"}
        await self._ask("SEND", headers, what["message"])
        return "published"

    async def receive(self):
        while not self.messages:
            command, headers, body = await self._frame()
            if command == "MESSAGE":
                self.messages.append(body)
            elif command == "ERROR":
                raise Failure(f"the server refuses: {headers.get('message', '')} {body}".strip())
        return self.messages.pop(0)

    async def close(self):
        if self.socket:
            await self.socket.close()
        else:
            self.writer.close()

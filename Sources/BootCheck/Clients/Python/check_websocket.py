"""WebSocket, by websockets."""

import base64

import websockets
import websockets.exceptions

from check_common import HOST, BaseClient, Failure, Refused, text_of

try:
    # 13 and later.
    from websockets.asyncio.client import connect

    HEADERS = "additional_headers"
except ImportError:
    from websockets import connect

    HEADERS = "extra_headers"


async def handshake(client, path, subprotocols=None, headers=None):
    """An open WebSocket to the client's port.

    The URI names localhost, as a client in the guest would, whatever port is forwarded today.
    """
    headers = dict(headers or {})
    context = client.tls
    try:
        return await connect(
            f"{'wss' if context else 'ws'}://localhost{path}",
            host=HOST,
            port=client.port,
            ssl=context,
            subprotocols=subprotocols,
            open_timeout=None,
            **{HEADERS: headers},
        )
    except websockets.exceptions.InvalidHandshake as error:
        response = getattr(error, "response", None)
        status = response.status_code if response is not None else getattr(error, "status_code", None)
        if status in (401, 403):
            raise Refused(f"HTTP status {status}") from error
        if status:
            raise Failure(f"no WebSocket at {path}: HTTP status {status} instead of 101") from error
        raise Failure(f"no WebSocket at {path}: {error}") from error
    except (OSError, EOFError, websockets.exceptions.WebSocketException) as error:
        raise Failure(f"no WebSocket at {path}: {error or type(error).__name__}") from error


class Client(BaseClient):
    title = "WebSocket"

    async def open(self):
        headers = dict(self.settings.get("headers", {}))
        if self.user:
            login = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            headers.setdefault("Authorization", f"Basic {login}")
        offered = self.settings.get("subprotocols")
        self.socket = await handshake(self, self.settings.get("path", "/"), offered, headers)
        if offered and self.socket.subprotocol not in offered:
            raise Failure(f"the server takes none of the subprotocols {', '.join(offered)}")

    async def send(self, text):
        await self._while_open(self.socket.send(text))

    async def receive(self):
        return text_of(await self._while_open(self.socket.recv()))

    @staticmethod
    async def _while_open(call):
        try:
            return await call
        except websockets.exceptions.ConnectionClosed as error:
            raise Failure(f"the server closed the WebSocket: {error}") from error

    async def close(self):
        await self.socket.close()

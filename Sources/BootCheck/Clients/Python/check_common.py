"""What the clients share."""

import asyncio
import concurrent.futures
import ssl

HOST = "127.0.0.1"


class Failure(Exception):
    """The check fails, for this reason."""

    def __init__(self, message, evidence=(), final=False):
        super().__init__(message)
        self.evidence = list(evidence)
        # No later attempt can end otherwise.
        self.final = final


class Refused(Exception):
    """The server does not let this client in."""


class BaseClient:
    """What each client has: the request, and a thread of its own where its library is a blocking one."""

    title = "the server"

    def __init__(self, request):
        self.port = request["port"]
        self.transport = request["transport"]
        self.limit = request["limit"]
        self.settings = request["settings"]
        self._thread = None

    @property
    def user(self):
        return self.settings.get("user")

    @property
    def password(self):
        return self.settings.get("password")

    @property
    def tls(self):
        """The context for TLS; None without. An image makes its certificate itself, so there is nothing to judge it by."""
        if self.transport != "tls":
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    async def in_thread(self, call, *arguments):
        """Runs a blocking call in this connection's own thread, in order."""
        if self._thread is None:
            self._thread = concurrent.futures.ThreadPoolExecutor(max_workers=1)
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)

    async def close(self):
        pass


def excerpt(text, length):
    """The text in one line, fit to be shown."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= length else line[:length] + "…"


def text_of(body):
    """A message's body as text."""
    if isinstance(body, str):
        return body
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body).decode("utf-8", "replace")
    return str(body)

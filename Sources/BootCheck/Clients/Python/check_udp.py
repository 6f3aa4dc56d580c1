"""A UDP datagram, and its answer where one is expected."""

import asyncio

from check_common import HOST, BaseClient, Failure, excerpt, text_of


class Client(BaseClient):
    async def probe(self):
        loop = asyncio.get_running_loop()
        arrived = asyncio.Queue()

        class Protocol(asyncio.DatagramProtocol):
            def datagram_received(self, data, address):
                arrived.put_nowait(text_of(data))

        transport, _ = await loop.create_datagram_endpoint(Protocol, remote_addr=(HOST, self.port))
        try:
            transport.sendto(self.settings["send"].encode())
            wanted = self.settings.get("expect")
            if wanted is None:
                return "sent"
            try:
                text = await asyncio.wait_for(arrived.get(), min(5, self.limit))
            except asyncio.TimeoutError as error:
                raise Failure("no datagram came back") from error
            if wanted not in text:
                raise Failure(f"what comes back does not hold '{wanted}'", [f"received: {excerpt(text, 160)}"])
            return f"came back: '{excerpt(text, 60)}'"
        finally:
            transport.close()

"""STUN (RFC 8489) and TURN (RFC 8656), by aioice."""

import asyncio
import base64
import hashlib
import hmac
import time

import aioice.stun as stun
import aioice.turn as turn

from check_common import HOST, BaseClient, Failure, Refused

WORDS = (b"stonebake: from the first to the second", b"stonebake: from the second to the first")


class Peer(asyncio.DatagramProtocol):
    """One client of the server, at its relayed address."""

    def __init__(self):
        self.received = set()

    def datagram_received(self, data, address):
        self.received.add(bytes(data))


class Client(BaseClient):
    async def probe(self):
        return await (self._relay() if "secret" in self.settings or self.user else self._bind())

    # STUN

    async def _bind(self):
        request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        data = await (self._ask_udp(bytes(request)) if self.transport == "udp" else self._ask_stream(bytes(request)))
        try:
            response = stun.parse_message(data)
        except ValueError as error:
            raise Failure(f"what comes back is not STUN: {error}") from error
        if response.transaction_id != request.transaction_id:
            raise Failure("what comes back answers another request")
        address = response.attributes.get("XOR-MAPPED-ADDRESS")
        if response.message_class != stun.Class.RESPONSE or not address:
            raise Failure(f"the server tells no address: {response}")
        return f"STUN says that the client is {address[0]}:{address[1]}"

    async def _ask_udp(self, data):
        loop = asyncio.get_running_loop()
        answer = loop.create_future()

        class Once(asyncio.DatagramProtocol):
            def datagram_received(self, data, address):
                if not answer.done():
                    answer.set_result(data)

        transport, _ = await loop.create_datagram_endpoint(Once, remote_addr=(HOST, self.port))
        try:
            # Datagrams get lost: RFC 8489, section 6.2.1.
            while True:
                transport.sendto(data)
                done, _ = await asyncio.wait([answer], timeout=1)
                if done:
                    return answer.result()
        finally:
            transport.close()

    async def _ask_stream(self, data):
        try:
            reader, writer = await asyncio.open_connection(HOST, self.port, ssl=self.tls)
        except OSError as error:
            raise Failure(f"no connection: {error}") from error
        try:
            writer.write(data)
            head = await reader.readexactly(20)
            return head + await reader.readexactly(int.from_bytes(head[2:4], "big"))
        except asyncio.IncompleteReadError as error:
            raise Failure("the server closed the connection") from error
        finally:
            writer.close()

    # TURN

    @property
    def _login(self):
        """A name and its password; made of the secret where there is one (draft-uberti-behave-turn-rest-00)."""
        if "secret" not in self.settings:
            return self.user, self.password
        name = f"{int(time.time()) + 3600}:{self.user or 'stonebake'}"
        digest = hmac.new(self.settings["secret"].encode(), name.encode(), hashlib.sha1).digest()
        return name, base64.b64encode(digest).decode()

    async def _relay(self):
        transports = []
        try:
            first, second = await self._allocate(transports), await self._allocate(transports)
        except stun.TransactionFailed as error:
            code = error.response.attributes.get("ERROR-CODE", (0, "no reason"))
            if self.settings.get("refused") and code[0] in (401, 403):
                return f"refused: {code[0]} {code[1]}"
            raise Failure(f"the server does not relay: {code[0]} {code[1]}") from error
        except (OSError, stun.TransactionTimeout) as error:
            raise Failure(f"no answer from the TURN server: {error or type(error).__name__}") from error
        # aioice sends in tasks of its own; what goes wrong in them arrives here.
        errors = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: errors.append(context.get("exception")))
        try:
            if self.settings.get("refused"):
                raise Failure("the server relays for whom it has to refuse")
            await self._exchange(first, second, errors)
        except stun.TransactionFailed as error:
            code = error.response.attributes.get("ERROR-CODE", (0, "no reason"))
            raise Failure(f"the server does not let its clients reach one another: {code[0]} {code[1]}") from error
        finally:
            for transport in transports:
                transport.close()
        a, b = (transport.get_extra_info("sockname") for transport in transports)
        return f"relayed both ways between {a[0]}:{a[1]} and {b[0]}:{b[1]}"

    async def _allocate(self, transports):
        user, password = self._login
        transport, peer = await turn.create_turn_endpoint(
            Peer,
            server_addr=(HOST, self.port),
            username=user,
            password=password,
            ssl=self.tls or False,
            transport="udp" if self.transport == "udp" else "tcp",
        )
        transports.append(transport)
        return transport, peer

    async def _exchange(self, first, second, errors):
        (one, one_peer), (two, two_peer) = first, second
        # Each side has to be told of the other before anything passes, and datagrams get lost.
        while WORDS[1] not in one_peer.received or WORDS[0] not in two_peer.received:
            one.sendto(WORDS[0], two.get_extra_info("sockname"))
            two.sendto(WORDS[1], one.get_extra_info("sockname"))
            await asyncio.sleep(0.3)
            if refusal := next((error for error in errors if isinstance(error, stun.TransactionFailed)), None):
                raise refusal

"""AMQP 1.0, by Qpid Proton."""

import proton
import proton.utils

from check_common import HOST, BaseClient, Failure, Refused, text_of


class SessionEnded(proton.ProtonException):
    """The broker ended the session, as RabbitMQ does with whatever it refuses."""


class Connection(proton.utils.BlockingConnection):
    """It knows of links and connections that end, and would wait for a session that has."""

    def on_session_remote_close(self, event):
        condition = event.session.remote_condition
        raise SessionEnded(f"{condition.name}: {condition.description}" if condition else "the session ended")


class Client(BaseClient):
    title = "AMQP 1.0"

    async def open(self):
        await self.in_thread(self._open)

    def _open(self):
        secure = self.transport == "tls"
        domain = None
        if secure:
            domain = proton.SSLDomain(proton.SSLDomain.MODE_CLIENT)
            domain.set_peer_authentication(proton.SSLDomain.ANONYMOUS_PEER)
        vhost = self.settings.get("vhost", "/")
        try:
            self.connection = Connection(
                f"{'amqps' if secure else 'amqp'}://{HOST}:{self.port}",
                timeout=self.limit,
                ssl_domain=domain,
                user=self.user,
                password=self.password,
                allowed_mechs="PLAIN" if self.user else "ANONYMOUS",
                sasl_enabled=True,
                allow_insecure_mechs=True,
                # RabbitMQ's way to name a virtual host.
                virtual_host="localhost" if vhost == "/" else f"vhost:{vhost}",
                heartbeat=None,
            )
        except proton.ConnectionException as error:
            text = str(error)
            if "amqp:unauthorized-access" in text or "Authentication" in text or "not-allowed" in text:
                raise Refused(text) from error
            raise Failure(f"no AMQP connection: {text}") from error
        self.receiver = None

    async def subscribe(self, what):
        await self.in_thread(self._subscribe, what["address"])

    def _subscribe(self, address):
        try:
            self.receiver = self.connection.create_receiver(address, credit=10)
        except (proton.utils.LinkDetached, proton.ProtonException) as error:
            raise Failure(f"the broker refuses to read from '{address}': {error}") from error

    async def publish(self, what):
        return await self.in_thread(self._publish, what["address"], what["message"])

    def _publish(self, address, text):
        message = proton.Message(body=text.encode(), inferred=True, durable=True)
        try:
            # The link ends with the connection: RabbitMQ 3 does not answer its closing as Proton waits for it.
            self.connection.create_sender(address).send(message)
        except proton.utils.SendException as error:
            how = {proton.Delivery.REJECTED: "rejected", proton.Delivery.RELEASED: "released"}.get(error.state, error.state)
            raise Failure(f"the broker has no queue for a message to '{address}' ({how})") from error
        except (proton.utils.LinkDetached, proton.ProtonException) as error:
            raise Failure(f"the broker refuses to write to '{address}': {error}") from error
        return "published"

    async def receive(self):
        if self.receiver is None:
            raise Failure("nothing is subscribed to over this connection", final=True)
        return await self.in_thread(self._receive)

    def _receive(self):
        try:
            message = self.receiver.receive(timeout=self.limit)
        except proton.Timeout as error:
            raise TimeoutError from error
        self.receiver.accept()
        return text_of(message.body)

    async def close(self):
        await self.in_thread(self.connection.close)

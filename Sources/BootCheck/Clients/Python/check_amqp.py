"""AMQP 0-9-1, by pika."""

import logging

import pika
import pika.exceptions

from check_common import HOST, BaseClient, Failure, Refused, text_of

# What goes wrong is in the exceptions.
logging.getLogger("pika").setLevel(logging.CRITICAL)


class Client(BaseClient):
    title = "AMQP 0-9-1"

    async def open(self):
        await self.in_thread(self._open)

    def _open(self):
        credentials = pika.PlainCredentials(self.user or "guest", self.password or "guest")
        context = self.tls
        parameters = pika.ConnectionParameters(
            host=HOST,
            port=self.port,
            virtual_host=self.settings.get("vhost", "/"),
            credentials=credentials,
            # Nobody answers heartbeats between two steps.
            heartbeat=0,
            socket_timeout=self.limit,
            stack_timeout=self.limit,
            ssl_options=pika.SSLOptions(context) if context else None,
        )
        try:
            self.connection = pika.BlockingConnection(parameters)
        except (pika.exceptions.ProbableAuthenticationError, pika.exceptions.AuthenticationError) as error:
            raise Refused(f"the broker does not let '{credentials.username}' in with this password") from error
        except pika.exceptions.ProbableAccessDeniedError as error:
            raise Refused(f"no access to the virtual host '{parameters.virtual_host}': {self._reason(error)}") from error
        except pika.exceptions.ConnectionClosedByBroker as error:
            if error.reply_code in (403, 530):
                raise Refused(error.reply_text) from error
            raise Failure(f"the broker closed the connection: {error.reply_code} {error.reply_text}") from error
        except pika.exceptions.AMQPConnectionError as error:
            raise Failure(f"no AMQP connection: {self._reason(error) or type(error).__name__}") from error
        self.channel = self._channel()
        self.messages = []
        self.returned = []

    @staticmethod
    def _reason(error):
        """pika hides what happened in arguments of arguments."""
        while getattr(error, "exception", None) is not None:
            error = error.exception
        return " ".join(str(part) for part in error.args if part) if error.args else ""

    def _channel(self):
        channel = self.connection.channel()
        channel.confirm_delivery()
        return channel

    def _asking(self, call, *arguments, **keys):
        try:
            return call(*arguments, **keys)
        except pika.exceptions.ChannelClosedByBroker as error:
            raise Failure(f"the broker refuses: {error.reply_code} {error.reply_text}") from error

    async def subscribe(self, what):
        await self.in_thread(self._subscribe, what)

    def _subscribe(self, what):
        queue = self._queue(what.get("queue"))
        if "exchange" in what:
            self._asking(
                self.channel.queue_bind, queue=queue, exchange=what["exchange"], routing_key=what.get("routing-key", "#")
            )
        self._asking(self.channel.basic_consume, queue, self._take, auto_ack=True)

    def _queue(self, name):
        """The queue's name; one that is not there is declared for this connection alone."""
        if name:
            # A refused question ends its channel.
            question = self.connection.channel()
            try:
                question.queue_declare(name, passive=True)
                question.close()
                return name
            except pika.exceptions.ChannelClosedByBroker as error:
                if error.reply_code != 404:
                    raise Failure(f"the broker refuses: {error.reply_code} {error.reply_text}") from error
        result = self._asking(self.channel.queue_declare, name or "", exclusive=True, auto_delete=True)
        return result.method.queue

    def _take(self, channel, method, properties, body):
        self.messages.append(text_of(body))

    async def publish(self, what):
        return await self.in_thread(self._publish, what)

    def _publish(self, what):
        exchange = what.get("exchange", "")
        key = what.get("queue") or what.get("routing-key", "")
        try:
            self._asking(
                self.channel.basic_publish, exchange, key, what["message"].encode(), pika.BasicProperties(), mandatory=True
            )
        except pika.exceptions.UnroutableError as error:
            where = f"exchange '{exchange}' with the key '{key}'" if exchange else f"queue '{key}'"
            raise Failure(f"the broker has no queue for a message to {where}") from error
        except pika.exceptions.NackError as error:
            raise Failure("the broker did not take the message") from error
        return "published"

    async def receive(self):
        return await self.in_thread(self._receive)

    def _receive(self):
        while not self.messages:
            self.connection.process_data_events(time_limit=0.5)
        return self.messages.pop(0)

    async def close(self):
        await self.in_thread(self.connection.close)

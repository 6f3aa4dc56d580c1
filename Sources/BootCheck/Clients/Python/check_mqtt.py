"""MQTT 3.1.1, by Paho."""

import asyncio
import uuid

import paho.mqtt.client as mqtt

from check_common import HOST, BaseClient, Failure, Refused, text_of


class Client(BaseClient):
    title = "MQTT"

    async def open(self):
        self.loop = asyncio.get_running_loop()
        self.messages = asyncio.Queue()
        self.connected = self.loop.create_future()
        self.granted = None
        path = self.settings.get("path")
        keys = {"client_id": f"stonebake-{uuid.uuid4().hex[:8]}", "transport": "websockets" if path else "tcp"}
        if hasattr(mqtt, "CallbackAPIVersion"):
            keys["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION1
        self.client = mqtt.Client(**keys)
        if path:
            self.client.ws_set_options(path=path)
        if self.user:
            self.client.username_pw_set(self.user, self.password)
        if self.tls:
            self.client.tls_set_context(self.tls)
        # They are called on Paho's thread.
        self.client.on_connect = lambda client, data, flags, code: self._tell(self.connected, code)
        self.client.on_disconnect = lambda client, data, code: self._tell(self.connected, None)
        self.client.on_subscribe = lambda client, data, number, granted: self._tell(self.granted, granted)
        self.client.on_message = lambda client, data, message: self.loop.call_soon_threadsafe(
            self.messages.put_nowait, text_of(message.payload)
        )
        try:
            await self.in_thread(self.client.connect, HOST, self.port)
        except OSError as error:
            raise Failure(f"no MQTT connection: {error}") from error
        self.client.loop_start()
        code = await self.connected
        if code is None:
            raise Failure("the broker closed the connection before it answered")
        if code in (4, 5):
            raise Refused(mqtt.connack_string(code))
        if code != 0:
            raise Failure(f"no MQTT connection: {mqtt.connack_string(code)}")

    def _tell(self, future, value):
        def tell():
            if future is not None and not future.done():
                future.set_result(value)

        self.loop.call_soon_threadsafe(tell)

    async def subscribe(self, topic):
        self.granted = self.loop.create_future()
        self.client.subscribe(topic, qos=1)
        granted = await self.granted
        if any(int(level) >= 128 for level in granted):
            raise Failure(f"the broker refuses the subscription to '{topic}'")

    async def publish(self, what):
        info = self.client.publish(what["topic"], what["message"], qos=1)
        # Its own waiting blocks.
        while not info.is_published():
            await asyncio.sleep(0.02)
        return "published"

    async def receive(self):
        return await self.messages.get()

    async def close(self):
        self.client.disconnect()
        await self.in_thread(self.client.loop_stop)

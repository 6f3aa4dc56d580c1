"""Runs the Moksha hub with a producer that brings in what is published to the broker.

A browser subscribes over the hub's WebSocket, {"topic": "__topic_subscribe__", "body": "news.today"}, and gets each
message that is published to the exchange amq.topic with that routing key: {"topic": "news.today", "body": …}.

The hub's own STOMP client takes whatever a browser subscribes to for a STOMP destination, which the broker answers with
an error that ends the hub. So what is inside the hub is ZeroMQ, and the broker is read over AMQP.
"""

import json
import logging
import os
import threading
import time

import pika
from moksha.hub import main, setup_logger
from moksha.hub.api import Producer
from moksha.hub.reactor import reactor

log = logging.getLogger("moksha.broker")


class BrokerProducer(Producer):
    """Hands on every message of the exchange amq.topic, its routing key as the topic."""

    topic = "broker"

    def __init__(self, hub):
        super().__init__(hub)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                self.consume()
            except pika.exceptions.AMQPError as error:
                log.warning("no broker: %r; trying again", error)
            time.sleep(2)

    def consume(self):
        credentials = pika.PlainCredentials("hub", os.environ["HUB_PASSWORD"])
        connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", credentials=credentials))
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, "amq.topic", "#")
        channel.basic_consume(queue, self.take, auto_ack=True)
        log.info("reading what is published to the broker")
        channel.start_consuming()

    def take(self, channel, method, properties, body):
        text = body.decode("utf-8", "replace")
        try:
            message = json.loads(text)
        except ValueError:
            message = text
        # The hub belongs to the reactor's thread.
        reactor.callFromThread(self.hub.send_message, method.routing_key, message)


if __name__ == "__main__":
    setup_logger(False)
    logging.getLogger("pika").setLevel(logging.ERROR)
    main(producers=[BrokerProducer], consumers=[])

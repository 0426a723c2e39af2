#!/usr/bin/env python3
"""Consumer of the stock updates: writes each of them to Strapi over REST.

Nothing is lost: an offset is committed only when Strapi has the stock. Nothing is applied twice with effect: a record
holds the stock itself, not its change, and Strapi keeps the position of the newest record of a product beside it, so
what is read again after a crash is left out.
"""

import argparse
import json
import logging
import os
import signal
import threading
from typing import Any, NamedTuple
import urllib.error
import urllib.parse
import urllib.request

from confluent_kafka import Consumer, KafkaException, Message

TIMEOUT_S = 10
RETRY_S = 1.0
MAX_RETRY_S = 60.0
DAY_MS = 24 * 3600 * 1000
SERVER_ERRORS = 500
NOT_THE_RECORDS_FAULT = (401, 403, 404, 408, 425, 429)
_LOG = logging.getLogger("consumer")


class Update(NamedTuple):
    """Stock of a product, and the position of its record in the partition of the product."""

    product: str
    stock: int
    position: int


class UnusableRecordError(Exception):
    """Record that is no stock update; it would be none at the next attempt either."""


class Strapi:
    """Products of Strapi: a collection type with the fields ``sku``, ``stock`` and ``position``."""

    def __init__(self, address: str, token: str) -> None:
        self._products = f"{address.rstrip('/')}/api/products"
        self._token = token

    def apply(self, update: Update) -> bool:
        """Store an update; return False when a newer one of its product is there already."""
        data = {"sku": update.product, "stock": update.stock, "position": update.position}
        query = urllib.parse.urlencode({"filters[sku][$eq]": update.product})
        found = self._call("GET", f"?{query}")["data"]
        if not found:
            self._call("POST", "", data)
        elif (position := found[0].get("position")) is not None and position >= update.position:
            return False
        else:
            self._call("PUT", f"/{found[0]['documentId']}", data)
        return True

    def _call(self, method: str, path: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        body = None if data is None else json.dumps({"data": data}).encode()
        request = urllib.request.Request(self._products + path, body, headers, method=method)  # noqa: S310  # ours
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
        return answer


def parse(message: Message) -> Update:
    """Return the update of a record; raise UnusableRecordError if it is none."""
    key, offset = message.key(), message.offset()
    try:
        stock = json.loads(message.value() or b"")["stock"]
        product = key.decode() if isinstance(key, bytes) else ""
    except (ValueError, TypeError, KeyError) as error:
        raise UnusableRecordError(f"no stock in it: {error!r}") from error
    if not product or not isinstance(stock, int) or isinstance(stock, bool) or offset is None:
        raise UnusableRecordError("it needs a product as its key, and a whole number as its stock")
    return Update(product, stock, offset)


def is_passing(error: Exception) -> bool:
    """Return whether a later attempt can succeed: Strapi is away, overloaded, or refuses this consumer."""
    return (
        not isinstance(error, urllib.error.HTTPError)
        or error.code >= SERVER_ERRORS
        or error.code in NOT_THE_RECORDS_FAULT
    )


class Worker:
    """Loop over the records, until ``stop``."""

    def __init__(self, consumer: Consumer, strapi: Strapi) -> None:
        self._consumer = consumer
        self._strapi = strapi
        self._stopped = threading.Event()

    def stop(self, *_: object) -> None:
        """End the loop after the current record."""
        self._stopped.set()

    def run(self) -> None:
        """Apply each record and commit it."""
        while not self._stopped.is_set():
            message = self._consumer.poll(0.5)
            if message is None:
                continue
            if error := message.error():
                if error.fatal():
                    raise KafkaException(error)
                _LOG.warning("Kafka: %s", error.str())
            elif self._apply(message):
                self._consumer.commit(message=message, asynchronous=False)

    def _apply(self, message: Message) -> bool:
        """Apply a record for as many attempts as it takes; return False when stopped before."""
        where = f"{message.topic()}[{message.partition()}]@{message.offset()}"
        pause_s = RETRY_S
        while not self._stopped.is_set():
            try:
                update = parse(message)
                is_new = self._strapi.apply(update)
            except UnusableRecordError as error:
                _LOG.error("%s left out: %s", where, error)
            except (OSError, ValueError, KeyError) as error:
                if is_passing(error):
                    _LOG.warning("%s waits for Strapi, %.0f s: %s", where, pause_s, error)
                    self._stopped.wait(pause_s)
                    pause_s = min(2 * pause_s, MAX_RETRY_S)
                    continue
                _LOG.error("%s left out, Strapi refuses it: %s", where, error)
            else:
                _LOG.info("%s %s: stock %d%s", where, *update[:2], "" if is_new else " (known already)")
            return True
        return False


def print_records(consumer: Consumer, topic: str) -> None:
    """Print each record from the beginning of the topic as a line of JSON, until the consumer is interrupted."""
    consumer.subscribe([topic], on_assign=_from_the_beginning)
    while True:
        message = consumer.poll(0.5)
        if message is None or message.error():
            continue
        headers: Any = message.headers() or []
        row = {
            "key": _text(message.key()),
            "value": _text(message.value()),
            "headers": {n: _text(v) for n, v in headers},
        }
        print(json.dumps(row), flush=True)  # noqa: T201


def _from_the_beginning(consumer: Consumer, partitions: list[Any]) -> None:
    for partition in partitions:
        partition.offset = 0
    consumer.assign(partitions)


def _text(value: object) -> str | None:
    return value.decode(errors="replace") if isinstance(value, bytes) else None


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", default="127.0.0.1:9092", help="addresses of Kafka")
    parser.add_argument("--topic", default="stock-updates")
    parser.add_argument("--group", default="strapi", help="consumer group, which remembers the position")
    parser.add_argument("--strapi", default="http://127.0.0.1:1337", help="address of Strapi; its token: STRAPI_TOKEN")
    parser.add_argument("--print", action="store_true", help="print the topic instead of writing to Strapi")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    consumer = Consumer(
        {
            "bootstrap.servers": options.bootstrap, "group.id": f"{options.group}{'-print' if options.print else ''}",
            "enable.auto.commit": False, "auto.offset.reset": "earliest",
            # While Strapi is away this consumer waits with one record, and stays a member of its group.
            "max.poll.interval.ms": DAY_MS,
            # Another consumer takes over within seconds of a crash.
            "session.timeout.ms": 6_000, "heartbeat.interval.ms": 2_000,
        }
    )  # fmt: skip
    try:
        if options.print:
            print_records(consumer, options.topic)
        worker = Worker(consumer, Strapi(options.strapi, os.environ.get("STRAPI_TOKEN", "")))
        signal.signal(signal.SIGTERM, worker.stop)
        signal.signal(signal.SIGINT, worker.stop)
        consumer.subscribe([options.topic])
        worker.run()
    finally:
        consumer.close()


if __name__ == "__main__":
    main()

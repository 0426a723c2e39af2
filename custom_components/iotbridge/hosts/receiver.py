"""Receives the messages of hosts, within the rate limits."""

from collections.abc import Callable, Iterable
from datetime import datetime
import time

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .. import mqtt_client
from ..protocol.fields import MAX_PAYLOAD, MessageError
from ..protocol.topics import HostKey, TopicError, parse_topic, wildcard
from .commander import Commander
from .inventory import HostMessage, Inventory
from .rate_limit import PER_S, RateLimit

# Interval at which held messages are released.
RELEASE_EVERY_S = 1.0


class MessageIntake:
    """Subscriptions to the messages below all prefixes.

    ``read`` processes each admitted message and may raise MessageError; ``reject`` receives the topic of every rejected
    one, and the reason.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        inventory: Inventory,
        commander: Commander,
        *,
        read: Callable[[HostMessage], None],
        reject: Callable[[str, str], None],
    ) -> None:
        """Store the collaborators; ``async_start`` subscribes."""
        self._hass = hass
        self._inventory = inventory
        self._commander = commander
        self._read = read
        self._reject = reject
        self._rate_limit = RateLimit[HostMessage]()
        self._stop: list[CALLBACK_TYPE] = []
        self._cancel_release: CALLBACK_TYPE | None = None

    async def async_start(self, prefixes: Iterable[str]) -> None:
        """Subscribe to all prefixes."""
        for prefix in prefixes:
            receive = self._receiver(prefix)
            self._stop.append(await mqtt_client.async_subscribe(self._hass, wildcard(prefix), receive))

    @callback
    def async_stop(self) -> None:
        """Unsubscribe."""
        while self._stop:
            self._stop.pop()()
        if self._cancel_release:
            self._cancel_release()
            self._cancel_release = None

    def flooding(self, now: float) -> set[HostKey]:
        """Return the hosts that send more than is read."""
        return self._rate_limit.flooding(now)

    @callback
    def async_disconnected(self) -> None:
        """Drop held messages: after the next connection the broker sends the current ones."""
        self._rate_limit.supersede_all()

    def forget(self, key: HostKey) -> None:
        """Remove the rate limit of a host."""
        self._rate_limit.forget(key)

    def _receiver(self, prefix: str) -> Callable[[mqtt_client.ReceiveMessage], None]:
        """Return the receiver of one prefix; the subscription determines which prefix a message belongs to."""

        @callback
        def receive(message: mqtt_client.ReceiveMessage) -> None:
            try:
                self._async_receive(prefix, message)
            except (TopicError, MessageError) as error:
                self._reject(message.topic, str(error))

        return receive

    @callback
    def _async_receive(self, prefix: str, message: mqtt_client.ReceiveMessage) -> None:
        key, leaf = parse_topic(message.topic, prefix)
        payload = mqtt_client.payload_of(message)
        if len(payload) > MAX_PAYLOAD:
            raise MessageError(f"expected at most {MAX_PAYLOAD} bytes, found {len(payload)}")
        incoming = HostMessage(
            key=key, leaf=leaf, payload=payload, is_retained=bool(message.retain), received=dt_util.utcnow()
        )
        if incoming.is_retained:
            # The broker sends its retained messages once per connection, and they are the newest there are.
            self._rate_limit.supersede(key, leaf)
            self._read(incoming)
        elif self._async_admit(incoming):
            self._read(incoming)

    @callback
    def _async_admit(self, message: HostMessage) -> bool:
        """Return whether to read a message; raise MessageError if it exceeds the rate limit."""
        key, leaf = message.key, message.leaf
        if (host := self._inventory.get(key)) is None:
            # The announce or the availability of a host always comes before the first command for it.
            return leaf != "command"
        if self._rate_limit.admit(key, leaf, message, time.monotonic()):
            return True
        if leaf == "response" and self._commander.is_awaited(key, message.payload, is_bare=not host.has_announced):
            return True
        self._async_release_later()
        raise MessageError(f"more than {PER_S:g} messages a second; only the newest is read")

    @callback
    def _async_release_later(self) -> None:
        if self._rate_limit.is_holding and self._cancel_release is None:
            self._cancel_release = async_call_later(self._hass, RELEASE_EVERY_S, self._async_release)

    @callback
    def _async_release(self, _now: datetime) -> None:
        """Read the newest held messages."""
        self._cancel_release = None
        try:
            for message in self._rate_limit.release(time.monotonic()):
                try:
                    self._read(message)
                except MessageError as error:
                    self._reject(message.key.topic(message.leaf), str(error))
        finally:
            # Whatever happened with one message, those of other hosts are still held.
            self._async_release_later()

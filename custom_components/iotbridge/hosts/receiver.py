"""Receives the messages of hosts and admits those that are not too many."""

from collections.abc import Callable, Iterable
from datetime import datetime
import time

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .. import mqtt_client
from ..protocol.messages import MAX_PAYLOAD, MessageError
from ..protocol.topics import HostKey, TopicError, parse_topic, wildcard
from .commander import Commander
from .inventory import HostMessage, Inventory
from .rate_limit import PER_S, RateLimit

# How often the newest message of a flood is looked for.
RELEASE_EVERY_S = 1.0


class MessageIntake:
    """The subscriptions of all prefixes.

    ``read`` takes each message that is admitted and may raise MessageError; ``reject`` takes the topic of every other,
    and the reason.
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
        """Prepare; nothing is received before async_start."""
        self._hass = hass
        self._inventory = inventory
        self._commander = commander
        self._read = read
        self._reject = reject
        self._rate_limit = RateLimit[HostMessage]()
        self._stop: list[CALLBACK_TYPE] = []
        self._cancel_release: CALLBACK_TYPE | None = None

    async def async_start(self, prefixes: Iterable[str]) -> None:
        """Subscribe."""
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
        """Drop what is held: after the next connection the broker says what is true then."""
        self._rate_limit.supersede_all()

    def forget(self, key: HostKey) -> None:
        """Drop what is known of a host."""
        self._rate_limit.forget(key)

    def _receiver(self, prefix: str) -> Callable[[mqtt_client.ReceiveMessage], None]:
        """Return the receiver of one prefix: which of them a message belongs to is known by its subscription."""

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
            # The broker sends what it remembers once for each connection, and it is the newest there is.
            self._rate_limit.supersede(key, leaf)
            self._read(incoming)
        elif self._async_admit(incoming):
            self._read(incoming)

    @callback
    def _async_admit(self, message: HostMessage) -> bool:
        """Return whether to read a message; raise MessageError for one that is too many."""
        key, leaf = message.key, message.leaf
        if (host := self._inventory.get(key)) is None:
            # A host is known by its announce or its availability before anybody can mean it with a command.
            return leaf != "command"
        if self._rate_limit.admit(key, leaf, message, time.monotonic()):
            return True
        if leaf == "response" and self._commander.awaits(key, message.payload, is_bare=not host.has_announced):
            return True
        self._async_release_later()
        raise MessageError(f"more than {PER_S:g} messages a second; only the newest is read")

    @callback
    def _async_release_later(self) -> None:
        if self._rate_limit.is_holding and self._cancel_release is None:
            self._cancel_release = async_call_later(self._hass, RELEASE_EVERY_S, self._async_release)

    @callback
    def _async_release(self, _now: datetime) -> None:
        """Read the newest messages of what was dropped."""
        self._cancel_release = None
        try:
            for message in self._rate_limit.released(time.monotonic()):
                try:
                    self._read(message)
                except MessageError as error:
                    self._reject(message.key.topic(message.leaf), str(error))
        finally:
            # Whatever one message made of itself, those of other hosts are still held.
            self._async_release_later()

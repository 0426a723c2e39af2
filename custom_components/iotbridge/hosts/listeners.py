"""Lists of listeners, of one host or of all."""

from collections.abc import Mapping

from homeassistant.core import CALLBACK_TYPE, callback


def listeners_of[K, T](listeners: Mapping[K | None, list[T]], key: K) -> list[T]:
    """Return the listeners of one host and those of all hosts; a host without listeners adds no key."""
    return [*listeners.get(key, ()), *listeners.get(None, ())]


def add_listener[T](listeners: list[T], listener: T) -> CALLBACK_TYPE:
    """Add a listener; return a callback that removes it."""
    listeners.append(listener)

    @callback
    def remove() -> None:
        listeners.remove(listener)

    return remove

"""Small D-Bus client: method calls, signals and descriptors. No main loop, no objects, no threads."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
import itertools
import math
import os
import socket
import struct
import time
from typing import Any, Literal, NamedTuple, Self, TypeVar

from iotbridge_agent.errors import AgentError
from iotbridge_agent.system.dbus_encoding import ALIGNMENT, FIXED, Value, encode

SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"
MAX_MESSAGE = 4 * 1024 * 1024
MAX_DEPTH = 32
MAX_AUTH_LINE = 512
MAX_SIGNALS = 100
MAX_DESCRIPTORS = 16
METHOD_CALL, METHOD_RETURN, ERROR, SIGNAL = 1, 2, 3, 4
FIELD_PATH, FIELD_INTERFACE, FIELD_MEMBER, FIELD_ERROR_NAME, FIELD_REPLY_SERIAL = 1, 2, 3, 4, 5
FIELD_DESTINATION, FIELD_SENDER, FIELD_SIGNATURE = 6, 7, 8
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
Result = TypeVar("Result")


class DBusError(AgentError):
    """Error reply to a call, or a reply against the protocol. ``name`` is the D-Bus error name."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message or name)
        self.name = name


class NoBusError(DBusError):
    """Error of a system bus that does not exist or refuses the connection."""

    def __init__(self, message: str) -> None:
        super().__init__("org.freedesktop.DBus.Error.NoServer", message)


def call(
    destination: str,
    path: str,
    interface: str,
    member: str,
    signature: str = "",
    *args: str | int | bool,
    timeout_s: float = 5.0,
) -> tuple[Any, ...]:
    """Call one method on the system bus and return the values of its reply.

    ``signature`` may contain s, o, g, b and the integer types; a reply any type (variants are unpacked, dictionaries
    are dicts). Raises NoBusError without a bus, DBusError for an error, a broken reply, or none in time.
    """
    with Connection(timeout_s) as bus:
        return bus.call(destination, path, interface, member, signature, *args)


def get_property(destination: str, path: str, interface: str, name: str, *, timeout_s: float = 5.0) -> Any:
    """Return one property of an object; raises as call does."""
    values = call(
        destination, path, "org.freedesktop.DBus.Properties", "Get", "ss", interface, name, timeout_s=timeout_s
    )
    return single(values, object)


def single(values: tuple[Any, ...], kind: type[Result]) -> Result:
    """Return the only value of a reply; raises DBusError for other replies."""
    if len(values) != 1 or not isinstance(values[0], kind):
        raise _broken(f"not one value of the type {kind.__name__}")
    return values[0]


def rows(values: tuple[Any, ...], *kinds: type) -> list[tuple[Any, ...]]:
    """Return a reply of structs whose first values have these types; raises DBusError for other replies."""
    found = single(values, list)
    for row in found:
        if not isinstance(row, tuple) or len(row) < len(kinds) or not all(map(isinstance, row, kinds)):
            raise _broken("a row is not as documented")
    return found


class Message(NamedTuple):
    """Message of the bus, whose body is not parsed yet."""

    kind: int
    fields: dict[int, Any]
    order: str
    body: bytes

    def values(self) -> tuple[Any, ...]:
        """Return the values of the body; raises DBusError if it is broken."""
        return _Reader(self.body, self.order).values(str(self.fields.get(FIELD_SIGNATURE, "")))


class Connection:
    """Connection to a bus, for one thread at a time; raises as ``call`` of this module does."""

    def __init__(
        self, timeout_s: float = 5.0, *, takes_descriptors: bool = False, bus: Literal["system", "session"] = "system"
    ) -> None:
        """``timeout_s``: for ``open`` and for each call."""
        self._bus = bus
        self._timeout_s = timeout_s
        self._takes_descriptors = takes_descriptors
        self._deadline = math.inf
        self._serials = itertools.count(1)
        self._address = _address(bus)
        try:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        except OSError as error:
            raise NoBusError(f"no socket for the {bus} bus: {error.strerror or error}") from error
        self._signals: deque[Message] = deque(maxlen=MAX_SIGNALS)
        self._descriptors: list[int] = []
        """Descriptors of the last message that were not taken."""

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> Self:
        """Connect and authenticate."""
        self._deadline = time.monotonic() + self._timeout_s
        try:
            try:
                self._arm()
                self._socket.connect(self._address)
            except OSError as error:
                message = f"there is no D-Bus {self._bus} bus at {self._address}: {error.strerror or error}"
                raise NoBusError(message) from error
            with self._explained(f"the {self._bus} bus did not answer"):
                self._authenticate()
            self.call(*BUS, "Hello")
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Disconnect; a thread that waits for a message gets an error."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._drop_descriptors()

    def call(
        self, destination: str, path: str, interface: str, member: str, signature: Sequence[str] = "", *args: Value
    ) -> tuple[Any, ...]:
        """Send one call and return the values of the message that answers it; keep signals, skip others.

        ``signature`` has a type for each argument; beside those of ``call`` of this module as and a{sv}.

        A value of the type h is an argument for ``take_descriptor``.
        """
        self._deadline = time.monotonic() + self._timeout_s
        with self._explained(f"{destination} did not answer {member} within {self._timeout_s:g} s"):
            return self._answer(destination, path, interface, member, signature, args)

    def take_descriptor(self, index: int) -> int:
        """Return a descriptor of the reply to the last call, to be closed by the caller."""
        if index >= len(self._descriptors):
            raise _broken("a descriptor is missing")
        return self._descriptors.pop(index)

    def next_signal(self) -> Message:
        """Wait for a signal, as long as it takes.

        Any program on the machine can send one: compare the field FIELD_SENDER, which the bus sets.
        """
        self._deadline = math.inf
        with self._explained(f"the {self._bus} bus did not answer"):
            while not self._signals:
                self._keep_if_signal(self._message())
        return self._signals.popleft()

    @contextmanager
    def _explained(self, timeout_sentence: str) -> Iterator[None]:
        """Turn the errors of the socket into DBusError."""
        try:
            yield
        except TimeoutError:
            raise DBusError("org.freedesktop.DBus.Error.NoReply", timeout_sentence) from None
        except OSError as error:
            message = f"the connection to the {self._bus} bus broke: {error.strerror or error}"
            raise DBusError("org.freedesktop.DBus.Error.Disconnected", message) from error

    def _answer(
        self, destination: str, path: str, interface: str, member: str, signature: Sequence[str], args: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        serial = next(self._serials)
        fields = (
            (FIELD_PATH, "o", path),
            (FIELD_INTERFACE, "s", interface),
            (FIELD_MEMBER, "s", member),
            (FIELD_DESTINATION, "s", destination),
            (FIELD_SIGNATURE, "g", "".join(signature)),
        )
        self._send(encode(METHOD_CALL, serial, fields, signature, args))
        while True:
            message = self._message()
            if message.fields.get(FIELD_REPLY_SERIAL) != serial or message.kind not in (METHOD_RETURN, ERROR):
                self._keep_if_signal(message)
                continue
            try:
                values = message.values()
            except DBusError:
                self.close()  # nor can what follows be trusted
                raise
            if message.kind == METHOD_RETURN:
                return values
            text = values[0] if values and isinstance(values[0], str) else ""
            raise DBusError(str(message.fields.get(FIELD_ERROR_NAME, "org.freedesktop.DBus.Error.Failed")), text)

    def _keep_if_signal(self, message: Message) -> None:
        self._drop_descriptors()  # that of a late reply may be a lock
        if message.kind == SIGNAL:
            self._signals.append(message)

    def _authenticate(self) -> None:
        """Authenticate as this process's user, which the kernel confirms over the socket."""
        identity = str(os.getuid()).encode().hex().encode()
        answer = self._ask(b"\0AUTH EXTERNAL " + identity + b"\r\n")
        if not answer.startswith(b"OK "):
            reason = answer.decode("ascii", "replace").strip()
            raise NoBusError(f"the {self._bus} bus refused user {os.getuid()}: {reason}")
        if self._takes_descriptors and not self._ask(b"NEGOTIATE_UNIX_FD\r\n").startswith(b"AGREE_UNIX_FD"):
            raise NoBusError(f"the {self._bus} bus passes no descriptors on")
        self._send(b"BEGIN\r\n")

    def _ask(self, line: bytes) -> bytes:
        """Send a line of the handshake and return the line that answers it."""
        self._send(line)
        answer = b""
        while not answer.endswith(b"\r\n") and len(answer) < MAX_AUTH_LINE:
            answer += self._receive(1)
        return answer

    def _message(self) -> Message:
        self._drop_descriptors()
        start = self._receive(1)
        try:
            head = start + self._receive(15)
            order = {b"l": "<", b"B": ">"}.get(head[:1])
            if order is None:
                raise _broken("the byte order is neither l nor B")
            body_length, _serial, fields_length = struct.unpack(order + "III", head[4:])
            padded = fields_length + -fields_length % 8
            if padded + body_length > MAX_MESSAGE:
                raise _broken(f"a message of {padded + body_length} bytes")
            fields = dict(_Reader(head[12:] + self._receive(padded), order, base=4).value("a(yv)"))
            return Message(head[1], fields, order, self._receive(body_length))
        except (OSError, DBusError):
            self.close()  # what follows begins in the middle of a message
            raise

    def _arm(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(None if left == math.inf else left)

    def _send(self, data: bytes) -> None:
        self._arm()
        self._socket.sendall(data)

    def _receive(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._arm()
            part, descriptors = self._receive_part(size - len(data))
            self._descriptors += descriptors
            if not part:
                raise ConnectionResetError(0, "the bus hung up")
            data += part
        return bytes(data)

    def _receive_part(self, size: int) -> tuple[bytes, list[int]]:
        if not self._takes_descriptors:
            return self._socket.recv(size), []
        return socket.recv_fds(self._socket, size, MAX_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)[:2]

    def _drop_descriptors(self) -> None:
        while self._descriptors:
            os.close(self._descriptors.pop())


class _Reader:
    """Reader of the values in a message; ``base`` is the offset of the data modulo 8."""

    def __init__(self, data: bytes, order: str, base: int = 0) -> None:
        self._data = b"\0" * base + data
        self._at = base
        self._order = order
        self._depth = 0

    def values(self, signature: str) -> tuple[Any, ...]:
        values = []
        while signature:
            end = _first_type(signature)
            values.append(self.value(signature[:end]))
            signature = signature[end:]
        return tuple(values)

    def value(self, kind: str) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _broken("values nested too deeply")
        value = self._value(kind)
        self._depth -= 1
        return value

    def _value(self, kind: str) -> Any:
        code = kind[0]
        self._at += -self._at % ALIGNMENT.get(code, 4)
        if code in FIXED:
            (number,) = self._unpack(FIXED[code])
            return bool(number) if code == "b" else number
        if code in "sog":
            (length,) = self._unpack("B" if code == "g" else "I")
            return self._take(length + 1)[:-1].decode("utf-8", "replace")
        if code == "v":
            return single(self.values(self.value("g")), object)
        if code == "a":
            return self._array(kind[1:])
        return self.values(kind[1:-1])

    def _array(self, kind: str) -> list[Any] | dict[Any, Any]:
        (length,) = self._unpack("I")
        self._at += -self._at % ALIGNMENT.get(kind[0], 4)
        end = self._at + length
        if end > len(self._data):
            raise _broken("an array longer than its message")
        items = []
        while self._at < end:
            items.append(self.value(kind))
        if kind[0] != "{":
            return items
        try:
            return dict(items)
        except (TypeError, ValueError):
            raise _broken("a dictionary without keys") from None

    def _unpack(self, code: str) -> tuple[Any, ...]:
        return struct.unpack(self._order + code, self._take(struct.calcsize("=" + code)))

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) < size:
            raise _broken("it ends in the middle of a value")
        self._at += size
        return taken


def _first_type(signature: str) -> int:
    """Return the length of the first complete type of a signature."""
    if signature[0] == "a":
        return 1 + _first_type(signature[1:] or "?")
    if signature[0] not in "({":
        if signature[0] not in "ybnqiuxtdhsogv":
            raise _broken(f"the signature {signature!r}")
        return 1
    end = 1 + _first_type(signature[1:] or "?")
    while signature[end : end + 1] not in (")", "}"):
        end += _first_type(signature[end:] or "?")
    return end + 1


def _broken(what: str) -> DBusError:
    return DBusError("org.freedesktop.DBus.Error.InconsistentMessage", f"the answer cannot be read: {what}")


def _address(bus: str) -> str:
    """Return the socket of a bus."""
    variable = f"DBUS_{bus.upper()}_BUS_ADDRESS"
    default = SYSTEM_BUS if bus == "system" else f"unix:path=/run/user/{os.getuid()}/bus"
    address = os.environ.get(variable, default)
    for candidate in address.split(";"):
        transport, _, options = candidate.partition(":")
        pairs = dict(pair.partition("=")[::2] for pair in options.split(","))
        if transport == "unix" and "path" in pairs:
            return pairs["path"]
        if transport == "unix" and "abstract" in pairs:
            return "\0" + pairs["abstract"]
    raise NoBusError(f"the address {address!r} in {variable} is not a unix socket")

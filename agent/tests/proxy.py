"""Proxy between an agent and a broker, and base of those that disturb the traffic."""

from contextlib import suppress
import socket
import threading
from typing import Self


class Proxy:
    """Server that connects each client to a broker on ``port``; subclasses decide in ``passes`` what is forwarded."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone would not wake the threads that wait for these sockets, and the peers would not be notified.
        self._close(self._server)
        self._accepting.join()
        for sock in self._sockets:
            self._close(sock)
        for thread in self._threads:
            thread.join()

    def passes(self, data: bytes, *, is_answer: bool) -> bool:
        """Return whether to forward data; raise ConnectionError to close. ``is_answer``: data from the broker."""
        raise NotImplementedError

    @staticmethod
    def _close(sock: socket.socket) -> None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [near, far]
            for source, target, is_answer in ((near, far, False), (far, near, True)):
                self._threads.append(threading.Thread(target=self._pump, args=(source, target, is_answer), daemon=True))
                self._threads[-1].start()

    def _pump(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while data := source.recv(4096):
                if self.passes(data, is_answer=is_answer):
                    target.sendall(data)
        self._close(target)

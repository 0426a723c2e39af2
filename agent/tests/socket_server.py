"""Server of the tests on a Unix socket; serves one connection after the other, in a thread of its own."""

from pathlib import Path
import socket
import threading


class SocketServer:
    """Server that begins when it is made, and ends with a connection that says nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def serve(self, client: socket.socket) -> bool:
        """Answer a connection; return whether it said anything."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop."""
        with socket.socket(socket.AF_UNIX) as last:
            last.connect(str(self.path))
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        is_over = False
        while not is_over:
            client, _ = self._listener.accept()
            with client:
                client.settimeout(5)
                is_over = not self.serve(client)

"""Container engine of the tests, on a real socket; starts nothing."""

import json
from pathlib import Path
import socket
import threading


def answer(status: str, document: object) -> bytes:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Engine:
    """Engine that answers each request by its path; ``hang`` reads and never answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: dict[str, bytes] = {}
        self.after_start: dict[str, bytes] = {}
        """Answers to inspections of containers once they were started."""
        self.started: list[str] = []
        self.unanswered: list[str] = []
        """Paths that get no answer once each."""
        self.hang = threading.Event()
        self.over = threading.Event()
        self._waiting: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            client, _ = self._listener.accept()
            with client:
                client.settimeout(5)
                request = client.recv(65536)
                if not request:  # the test has ended
                    return
                if self.hang.is_set():
                    self.over.wait(10)
                    continue
                method, path = (word.decode() for word in request.split(b" ")[:2])
                if method == "POST":
                    name = path.split("/")[2]
                    self.started.append(name)
                    if name in self.after_start:
                        self.answers[f"/containers/{name}/json"] = self.after_start[name]
                if path in self.unanswered:
                    self.unanswered.remove(path)
                    self._waiting.append(client.dup())
                    continue
                client.sendall(self.answers.get(path, answer("404 Not Found", {"message": "No such container"})))

    def close(self) -> None:
        """Release waiting requests, and stop."""
        self.over.set()
        with socket.socket(socket.AF_UNIX) as last:
            last.connect(str(self.path))
        self._thread.join(10)
        for connection in (self._listener, *self._waiting):
            connection.close()

"""Container engine of the tests, on a real socket; starts nothing."""

import json
from pathlib import Path
import socket
import threading

from socket_server import SocketServer


def answer(status: str, document: object) -> bytes:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Engine(SocketServer):
    """Engine that answers each request by its path; ``hang`` reads and never answers."""

    def __init__(self, path: Path) -> None:
        self.answers: dict[str, bytes] = {}
        self.after_start: dict[str, bytes] = {}
        """Answers to inspections of containers once they were started."""
        self.started: list[str] = []
        self.unanswered: list[str] = []
        """Paths that get no answer once each."""
        self.hang = threading.Event()
        self.over = threading.Event()
        self._waiting: list[socket.socket] = []
        super().__init__(path)

    def serve(self, client: socket.socket) -> bool:
        """Answer one request."""
        request = client.recv(65536)
        if not request:
            return False
        if self.hang.is_set():
            self.over.wait(10)
            return True
        method, path = (word.decode() for word in request.split(b" ")[:2])
        if method == "POST":
            name = path.split("/")[2]
            self.started.append(name)
            if name in self.after_start:
                self.answers[f"/containers/{name}/json"] = self.after_start[name]
        if path in self.unanswered:
            self.unanswered.remove(path)
            self._waiting.append(client.dup())
        else:
            client.sendall(self.answers.get(path, answer("404 Not Found", {"message": "No such container"})))
        return True

    def close(self) -> None:
        """Release waiting requests, and stop."""
        self.over.set()
        super().close()
        for connection in self._waiting:
            connection.close()

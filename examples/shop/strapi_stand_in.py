#!/usr/bin/env python3
"""Stand-in for Strapi's REST in the demo and the tests: the collection ``products``, in memory.

Answers as Strapi 5 does to what the consumer asks; it is no Strapi.
"""

from __future__ import annotations

import argparse
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
import os
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

FILTER = "filters[sku][$eq]"
PATH = "/api/products"


class Handler(BaseHTTPRequestHandler):
    """Requests of the consumer."""

    products: dict[str, dict[str, Any]] = {}  # noqa: RUF012  # one store for all requests
    token = ""

    def do_GET(self) -> None:
        """List the products, or those of one ``sku``."""
        address = urlsplit(self.path)
        if self._is_allowed(address.path == PATH):
            wanted = parse_qs(address.query).get(FILTER)
            found = [row for row in self.products.values() if wanted is None or row["sku"] in wanted]
            self._answer(HTTPStatus.OK, {"data": found, "meta": {"pagination": {"page": 1, "total": len(found)}}})

    def do_POST(self) -> None:
        """Create a product."""
        if self._is_allowed(self.path == PATH):
            document_id = secrets.token_hex(12)
            self.products[document_id] = {"id": len(self.products) + 1, "documentId": document_id, **self._data()}
            self._answer(HTTPStatus.CREATED, {"data": self.products[document_id], "meta": {}})

    def do_PUT(self) -> None:
        """Change a product."""
        document_id = self.path.removeprefix(f"{PATH}/")
        if self._is_allowed(document_id in self.products):
            self.products[document_id] |= self._data()
            self._answer(HTTPStatus.OK, {"data": self.products[document_id], "meta": {}})

    def _data(self) -> dict[str, Any]:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        data: dict[str, Any] = body["data"]
        return data

    def _is_allowed(self, exists: bool) -> bool:
        """Return whether to go on; an error is answered."""
        if self.headers.get("Authorization") != f"Bearer {self.token}":
            self._answer(HTTPStatus.UNAUTHORIZED, {"data": None, "error": {"status": 401, "name": "UnauthorizedError"}})
            return False
        if not exists:
            self._answer(HTTPStatus.NOT_FOUND, {"data": None, "error": {"status": 404, "name": "NotFoundError"}})
        return exists

    def _answer(self, status: HTTPStatus, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve on the loopback until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=1337)
    Handler.token = os.environ.get("STRAPI_TOKEN", "")
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler).serve_forever()


if __name__ == "__main__":
    main()

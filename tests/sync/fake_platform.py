"""A calling platform on loopback that does what it is told, however badly, and counts what it is asked."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

CANARY = "canary-5e/cret+42"
"""The credential of every test; it has characters that JSON and addresses escape."""


@dataclass(frozen=True)
class Asked:
    """One request as the platform saw it."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the platform's script."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        headers = {k.lower(): v for k, v in self.headers.items()}
        sent = self.rfile.read(int(headers.get("content-length", 0)))
        asked = Asked(url.path, dict(parse_qsl(url.query)), headers, json.loads(sent) if sent else None)
        with self.server.counting:
            self.server.asked.append(asked)
        try:
            self.server.script(asked)(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *args: Any) -> None:
        """Stay silent."""


Behaviour = Callable[[Handler], None]
Script = Callable[[Asked], Behaviour]


@dataclass
class _Facts:
    script: Script
    asked: list[Asked] = field(default_factory=list)
    counting: threading.Lock = field(default_factory=threading.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)


class Server(ThreadingHTTPServer):
    """The platform: `script` answers, `asked` is what it was asked so far."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        facts = _Facts(script)
        self.script, self.asked = facts.script, facts.asked
        self.counting, self.stopping = facts.counting, facts.stopping

    @property
    def url(self) -> str:
        """The base address, with a path below which everything lies."""
        return f"http://127.0.0.1:{self.server_address[1]}/api/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


@contextmanager
def serving(script: Script) -> Iterator[Server]:
    """The platform at work for the block."""
    server = Server(script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


# Behaviours


def answer(
    document: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, zipped: bool = False
) -> Behaviour:
    """A whole answer: a document, text, or bytes as they are."""

    def behave(handler: Handler) -> None:
        body = document if isinstance(document, bytes) else _encoded(document)
        given = dict(headers or {})
        if zipped:
            body = gzip.compress(body)
            given["Content-Encoding"] = "gzip"
        _begin(
            handler, status, {"Content-Type": "application/json", "Content-Length": str(len(body)), **given}
        )
        handler.wfile.write(body)

    return behave


def answer_with_length(document: Any, difference: int) -> Behaviour:
    """A whole answer whose length is said wrongly; then the connection closes."""

    def behave(handler: Handler) -> None:
        body = _encoded(document)
        _begin(handler, 200, {"Content-Length": str(len(body) + difference)})
        handler.wfile.write(body)
        handler.close_connection = True

    return behave


def cut_off(document: Any) -> Behaviour:
    """Half an answer without a length, ended by closing: nothing but the JSON shows that it is short."""

    def behave(handler: Handler) -> None:
        body = _encoded(document)
        _begin(handler, 200, {"Connection": "close"})
        handler.wfile.write(body[: len(body) // 2])
        handler.close_connection = True

    return behave


def reset_in_body(document: Any) -> Behaviour:
    """Half an answer, then a reset connection."""

    def behave(handler: Handler) -> None:
        body = _encoded(document)
        _begin(handler, 200, {"Content-Length": str(len(body))})
        handler.wfile.write(body[: len(body) // 2])
        handler.wfile.flush()
        _reset(handler)

    return behave


def reset_at_once(handler: Handler) -> None:
    """No answer, a reset connection."""
    _reset(handler)


def close_at_once(handler: Handler) -> None:
    """No answer, a closed connection."""
    handler.close_connection = True


def hang(handler: Handler) -> None:
    """Nothing at all, for as long as the platform runs."""
    handler.server.stopping.wait(20)
    handler.close_connection = True


def hang_in_body(handler: Handler) -> None:
    """Headers and a few bytes, then nothing."""
    _begin(handler, 200, {"Content-Length": "1000"})
    handler.wfile.write(b'{"response": ')
    handler.wfile.flush()
    hang(handler)


def drip(document: Any) -> Behaviour:
    """A byte now and then, never silent long enough to be called so."""

    def behave(handler: Handler) -> None:
        _begin(handler, 200, {"Content-Length": "100000"})
        while not handler.server.stopping.is_set():
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)

    return behave


def drip_headers(handler: Handler) -> None:
    """Headers that never end, a line now and then."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    number = 0
    while not handler.server.stopping.is_set():
        handler.wfile.write(f"x-{(number := number + 1)}: y\r\n".encode())
        handler.wfile.flush()
        time.sleep(0.02)


def nonsense(handler: Handler) -> None:
    """Something that isn't HTTP."""
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    handler.close_connection = True


def chunked_without_end(document: Any) -> Behaviour:
    """Chunks without the last one; then the connection closes."""

    def behave(handler: Handler) -> None:
        body = _encoded(document)
        _begin(handler, 200, {"Transfer-Encoding": "chunked"})
        handler.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")
        handler.close_connection = True

    return behave


def endless_body(handler: Handler) -> None:
    """A body in chunks that never ends."""
    _begin(handler, 200, {"Transfer-Encoding": "chunked"})
    while not handler.server.stopping.is_set():
        handler.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def gzip_bomb(handler: Handler) -> None:
    """A few bytes that unpack to a great many."""
    bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]", compresslevel=1)
    _begin(handler, 200, {"Content-Encoding": "gzip", "Content-Length": str(len(bomb))})
    handler.wfile.write(bomb)


def in_turn(*behaviours: Behaviour) -> Script:
    """A script that behaves so and so in turn, the last way for ever."""
    waiting = list(behaviours)

    def script(_: Asked) -> Behaviour:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return script


def _begin(handler: Handler, status: int, headers: Mapping[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.flush()


def _reset(handler: Handler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True
    raise ConnectionResetError


def _encoded(document: Any) -> bytes:
    return document.encode() if isinstance(document, str) else json.dumps(document).encode()


# Documents


def call(call_id: str, status: str = "completed", **more: Any) -> dict[str, Any]:
    """A call as the REST list gives it; its text holds quotes and a line break."""
    said = f"AI: it's \"{call_id}\"\nUser: Yes, I'm interested"
    return {
        "call_id": call_id, "status": status, "callDuration": 30, "transcripts": said,
        "createdAt": "2024-01-01T12:00:00Z", "updatedAt": "2024-01-01T12:05:00Z",
    } | more  # fmt: skip


def listed(calls: Sequence[Any], **more: Any) -> dict[str, Any]:
    """Calls as svalync lists them."""
    return {"response": [{"success": True, "data": list(calls)}], **more}


class Dashboard:
    """A platform that works: it lists calls newest first in pages, and gives calls and batches by their ids.

    `calls` (oldest first), `details` and `batches` may change between requests; `answers` overrides what is
    answered to a path and id.
    """

    def __init__(self, calls: Sequence[Any] = (), *, size: int = 2) -> None:
        self.calls = list(calls)
        self.size = size
        self.details: dict[str, Any] = {}
        self.batches: dict[str, Any] = {}
        self.answers: dict[str, Behaviour] = {}

    def __call__(self, asked: Asked) -> Behaviour:
        subject = asked.params.get("id") or asked.params.get("page", "")
        if subject in self.answers:
            return self.answers[subject]
        if asked.path == "/api/voiceai/list":
            newest_first = self.calls[::-1]
            start = (int(asked.params["page"]) - 1) * self.size
            return answer(listed(newest_first[start : start + self.size]))
        kept = self.details if asked.path == "/api/voiceai/specific-call" else self.batches
        if subject not in kept:
            return answer({"message": f"no {subject} here"}, 404)
        return answer(kept[subject])

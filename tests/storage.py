"""An S3 on loopback, for the tests that need one: moto's server, in a process of its own.

delta-rs holds Python's lock while it waits for some answers, so a server in the same process would never
give them.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

_SERVER: Final = """
import logging, os, sys
from werkzeug.serving import WSGIRequestHandler
# A connection is used for more than one request: a fifth less work on both sides.
WSGIRequestHandler.protocol_version = "HTTP/1.1"
# A list comes in several pages without a thousand objects to make first.
os.environ["MOTO_S3_DEFAULT_MAX_KEYS"] = "100"
from moto import backends
from moto.server import ThreadedMotoServer
# The names of all services it knows it would read from their folders twice a request: a third of its work.
names = list(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: names
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("http://%s:%d" % server.get_host_and_port(), flush=True)
sys.stdin.read()
"""


@contextmanager
def served() -> Iterator[str]:
    """The endpoint of an S3 that lives for the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def check_from_now_on(endpoint: str) -> None:
    """Let a server, which lets anybody in at first, check credentials and what they allow."""
    request = urllib.request.Request(f"{endpoint}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})
    urllib.request.urlopen(request).close()


def environment(endpoint: str) -> dict[str, str]:
    """The variables by which a program finds an S3 and may use it."""
    return {
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "something",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
    }


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of a test's own."""

    endpoint: str
    name: str
    store: Any

    @property
    def address(self) -> str:
        """What names it."""
        return f"s3://{self.name}"

    def put(self, path: str, document: Any) -> None:
        """Write a document, or bytes."""
        import obstore

        obstore.put(
            self.store, path, document if isinstance(document, bytes) else json.dumps(document).encode()
        )

    def delete(self, path: str) -> None:
        """Delete an object."""
        import obstore

        obstore.delete(self.store, path)

    def objects(self) -> dict[str, bytes]:
        """All objects."""
        import obstore

        return {path: bytes(obstore.get(self.store, path).bytes()) for path in self.paths()}

    def copy(self, prefix: str, to: str) -> None:
        """Copy all objects below a prefix to another."""
        import obstore

        for path in self.paths():
            if path.startswith(f"{prefix}/"):
                obstore.copy(self.store, path, to + path.removeprefix(prefix))

    def paths(self) -> list[str]:
        """The names of all objects."""
        import obstore

        return sorted(facts["path"] for page in obstore.list(self.store) for facts in page)


def new_bucket(endpoint: str) -> Bucket:
    """A bucket that nobody else has; the environment must name the endpoint."""
    from obstore.store import from_url

    name = f"bucket-{secrets.token_hex(6)}"
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{name}", method="PUT")).close()
    return Bucket(endpoint, name, from_url(f"s3://{name}", client_options={"allow_http": True}))

"""Object storage: `s3://`, `gs://` and `az://` addresses and their stores, with errors in sentences.

Credentials, region and endpoint are those that the environment gives (`AWS_ACCESS_KEY_ID`,
`AWS_ENDPOINT_URL`, `GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_ACCOUNT_NAME`, ...), else the machine's
own role. Nothing is sent in the clear but to this machine, unless `AWS_ALLOW_HTTP` says so. obstore is
imported when it is needed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from batchlake._lazy import extra

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_CREDENTIALS: Final = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN where they are temporary)",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS to the path of a key file",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
"""The known schemes, and the environment variables for their credentials."""

_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

_RETRIES: Final = 5
_GIVING_UP: Final = timedelta(seconds=60)
_CONNECTING: Final = "10s"
_ANSWERING: Final = "120s"

_LONGEST_REASON: Final = 300


class StorageError(OSError):
    """A store can't do what was asked; the message says why and what to do."""


class ObjectReplaced(StorageError):
    """The object is not (or no longer) the expected one: its entity tag differs."""


@dataclass(frozen=True, slots=True)
class ObjectAddress:
    """A bucket, and a path in it (empty for all of it)."""

    scheme: str
    bucket: str
    path: str

    def __str__(self) -> str:
        return f"{self.root}/{self.path}" if self.path else self.root

    @property
    def root(self) -> str:
        """The address of the bucket."""
        return f"{self.scheme}://{self.bucket}"

    @classmethod
    def parse(cls, text: str) -> ObjectAddress:
        """The parts of an address.

        Raises:
            StorageError: its scheme is unknown, or it names no bucket.
        """
        scheme, _, rest = text.partition("://")
        bucket, _, path = rest.partition("/")
        if scheme not in _CREDENTIALS:
            known = ", ".join(f"{name}://" for name in _CREDENTIALS)
            raise StorageError(f"no storage is known as {scheme}://; give a path, or an address of {known}")
        if not bucket:
            raise StorageError(f"it names no bucket; write {scheme}://BUCKET/PREFIX")
        return cls(scheme, bucket, path)


def is_object_address(text: str) -> bool:
    """Whether this is an address rather than a path, of a known scheme or not."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) is not None


def open_store(address: ObjectAddress) -> ObjectStore:
    """The bucket of an address; no request is made yet.

    Raises:
        InvalidRequest: the extra `objects` isn't installed.
        StorageError: the settings in the environment contradict each other.
    """
    with extra("objects", "addresses in object storage"):
        from obstore.store import from_url
    with plainly(address):
        return from_url(
            address.root,
            client_options={
                "allow_http": _in_the_clear(),
                "connect_timeout": _CONNECTING,
                "timeout": _ANSWERING,
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": _GIVING_UP},
        )


def _in_the_clear() -> bool:
    """Whether HTTP without TLS is allowed: to this machine, or where `AWS_ALLOW_HTTP` says so."""
    if os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true"):
        return True
    return urlsplit(endpoint() or "").hostname in _LOOPBACK


def delta_options(address: ObjectAddress) -> dict[str, str]:
    """The same settings for delta-rs, which reads credentials from the environment by itself."""
    conditions = {"conditional_put": "etag"} if address.scheme == "s3" else {}
    return conditions | {
        "allow_http": str(_in_the_clear()).lower(),
        "connect_timeout": _CONNECTING,
        "timeout": _ANSWERING,
        "max_retries": str(_RETRIES),
        "retry_timeout": f"{_GIVING_UP.seconds}s",
    }


def endpoint() -> str | None:
    """The S3 endpoint that the environment names, None for Amazon's."""
    return next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), None)


@contextmanager
def plainly(address: ObjectAddress) -> Iterator[None]:
    """Translate the store's errors: `FileNotFoundError` for a missing object, else a `StorageError`."""
    from obstore import exceptions

    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise StorageError(plain_reason(address, error)) from error
        raise
    except (exceptions.AlreadyExistsError, exceptions.PreconditionError) as error:
        raise ObjectReplaced("it was replaced in the meantime; try again") from error
    except exceptions.BaseError as error:
        raise StorageError(plain_reason(address, error)) from error


def plain_reason(address: ObjectAddress, error: Exception) -> str:
    """A store's error in one line, led by what to do about it where that is known."""
    # The query of a URL may be a signature.
    message = re.sub(r"\?\S+", "", str(error).partition("Debug source")[0])
    for pattern, advice in _advice(address):
        if re.search(pattern, message, re.IGNORECASE):
            detail = re.search(r"<Message>([^<]*)</Message>", message) or re.search(
                r'Path "([^"]*)"', message
            )
            return advice + (f" ({detail[1]})" if detail else "")
    return " ".join(message.split())[:_LONGEST_REASON]


def _advice(address: ObjectAddress) -> tuple[tuple[str, str], ...]:
    """Patterns in a store's errors, each with what it means and what to do."""
    at = f" at {endpoint()}" if address.scheme == "s3" and endpoint() else ""
    return (
        (
            "NoSuchBucket|ContainerNotFound|bucket does not exist",
            f"there is no bucket {address.bucket!r}{at}; check its name, and AWS_ENDPOINT_URL where the "
            "store is not Amazon's",
        ),
        (
            r"169\.254\.|latest/api/token|metadata\.google|Account must be specified|AccessKeyId|credential",
            f"there are no valid credentials; set {_CREDENTIALS[address.scheme]}",
        ),
        ("SignatureDoesNotMatch", "the store doesn't take this secret key; check AWS_SECRET_ACCESS_KEY"),
        ("AccessDenied|Forbidden|403", "these credentials may not do that"),
        (
            "incorrectly configured region|PermanentRedirect|AuthorizationHeaderMalformed",
            "the bucket is in another region; set AWS_REGION to it",
        ),
        (
            "builder error",
            f"the endpoint{at} is not an https address; set AWS_ALLOW_HTTP=true to allow it",
        ),
        ("error sending request|tcp connect|dns error", f"the store{at} can't be reached"),
        (
            "invalid path",
            "a name in it has an empty part, or `..`, and can't be read; name a narrower prefix",
        ),
    )

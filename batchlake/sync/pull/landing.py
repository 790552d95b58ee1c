"""Where answers land: as received, before anything is made of them, and for as long as they are kept.

An answer becomes two files in `<landing>/<platform>/<date>/`: its body in gzip, and next to it, hidden so
that an ingest of the folder passes it over, `.<name>.request.json` with what was asked, when, and the
status. The body's modification time is when the answer came, which is what an ingest takes for its time
of observation. Each file appears whole or not at all; the body first, so a body without its sidecar has
not landed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from batchlake.engine.whole_files import whole_file
from batchlake.erasure.landed.landing import BODY, sidecar_of, unpacked_body
from batchlake.text.values import utc_name, utc_stamp

if TYPE_CHECKING:
    from batchlake.erasure.landed.incoming import LandingGate
    from batchlake.sync.api.client import Answer

_SIDECAR_VERSION: Final = 1
_LONGEST_ID: Final = 100
_HEADERS_KEPT: Final = ("content-type", "date", "etag", "last-modified", "link", "x-request-id")


class Landing:
    """The landing folder of one platform."""

    def __init__(self, root: Path, platform: str, gate: LandingGate | None = None) -> None:
        self.folder = root / platform
        self.gate = gate
        self._platform = platform

    def write(self, name: str, answer: Answer, *, day: datetime | None = None) -> Path | None:
        """Land an answer as `<name>.json.gz`; one of the same name and day is replaced.

        None is what became of one that holds erased people alone.

        Args:
            name: safe as a file's name, see `file_name`.
            answer: what came; it holds no credential.
            day: whose folder it belongs to, UTC; by default the day on which it came.

        Raises:
            OSError: the disk is full, or the folder can't be written.
        """
        if self.gate:
            cleaned = self.gate.body(self._platform, answer.body)
            if cleaned is None:
                return None
            answer = replace(answer, body=cleaned, url=self.gate.text_of(answer.url))
        folder = self.folder / f"{day or answer.received_at:%Y-%m-%d}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}{BODY}"
        # Without a time in its header, the same body makes the same file.
        body = gzip.compress(answer.body, compresslevel=6, mtime=0)
        facts = json.dumps(self._facts(answer), indent=2).encode()
        for target, data in ((path, body), (sidecar_of(path), facts)):
            with whole_file(target, is_durable=True, modified_at=answer.received_at) as file:
                file.write(data)
        return path

    def read(self, path: Path) -> tuple[bytes, dict[str, str], str]:
        """Body, headers and address of an answer that landed.

        Raises:
            OSError, ValueError, KeyError: it isn't there, or isn't whole.
        """
        facts = json.loads(sidecar_of(path).read_text(encoding="utf-8"))
        body = unpacked_body(path)
        if hashlib.sha256(body).hexdigest() != facts["sha256"]:
            raise ValueError(f"{path} is not what landed")
        return body, facts["headers"], facts["request"]["url"]

    def _facts(self, answer: Answer) -> dict[str, Any]:
        return {
            "version": _SIDECAR_VERSION,
            "platform": self._platform,
            "request": {"method": answer.method, "url": answer.url},
            "requested_at": utc_stamp(answer.requested_at),
            "received_at": utc_stamp(answer.received_at),
            "status": answer.status,
            "headers": {name: answer.headers[name] for name in _HEADERS_KEPT if name in answer.headers},
            "bytes": len(answer.body),
            "sha256": hashlib.sha256(answer.body).hexdigest(),
        }


def file_name(kind: str, item_id: str, moment: datetime) -> str:
    """A file's name for an id, whatever the id holds: `call-c%2F1-20240101T120000.000000Z`."""
    safe = quote(item_id, safe="")
    if len(safe) > _LONGEST_ID:
        safe = safe[:_LONGEST_ID].rsplit("%", 1)[0] + "-" + hashlib.sha256(item_id.encode()).hexdigest()[:16]
    return f"{kind}-{safe}-{utc_name(moment)}"

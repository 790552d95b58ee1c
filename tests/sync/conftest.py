"""The canary: the credential that these tests send is nowhere to be found afterwards."""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.sync.fake_platform import CANARY

FORMS = {CANARY, json.dumps(CANARY)[1:-1], CANARY.replace("/", "\\/"), quote(CANARY, safe=""), quote(CANARY)}
FORMS |= {quote(CANARY, safe="+"), quote(CANARY, safe="").lower()}


def with_canary(folder: Path) -> list[Path]:
    """The files below a folder that hold the credential, plain or escaped, packed or not."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if data[:2] == b"\x1f\x8b":
                # As far as it goes: some tests leave packed files that break off.
                with suppress(zlib.error):
                    data += zlib.decompressobj(wbits=31).decompress(data)
            if any(form.encode() in data for form in FORMS):
                found.append(path)
    return found


@pytest.fixture(scope="session", autouse=True)
def canary_stays_unseen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No file, log or output of the whole run holds the credential.

    Outputs are files of the run: the tests write what their processes print below `tmp_path`.
    """
    base = tmp_path_factory.getbasetemp()
    handler = logging.FileHandler(base / "everything.log", encoding="utf-8")
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield
    root.setLevel(level)
    root.removeHandler(handler)
    handler.close()
    assert with_canary(base) == []

"""What tests of lakes in a bucket write there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.lakes import write_export
from tests.store.test_transactions import document


def exports(folder: Path, count: int) -> list[Path]:
    """The same batch as exported several times."""
    return [write_export(folder / "in", f"{number}.json", document(number + 1)) for number in range(count)]


def lease(**facts: Any) -> bytes:
    """A lease as another writer left it."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    given = {
        "holder": "process 7 on elsewhere", "since": now, "renewed": now, "released": False, "pid": 7,
        "machine": "another", "token": "t",
    } | facts  # fmt: skip
    return json.dumps(given).encode()

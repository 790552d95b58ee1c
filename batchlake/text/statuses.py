"""The statuses of calls, how platforms spell them, and the outcome that each belongs to."""

from __future__ import annotations

import re
from typing import Final

OUTCOME_BY_STATUS: Final[dict[str, str]] = {
    "scheduled": "in_progress",
    "queued": "in_progress",
    "ringing": "in_progress",
    "in_progress": "in_progress",
    "completed": "completed",
    "failed": "failed",
    "busy": "failed",
    "no_answer": "failed",
    "voicemail": "failed",
    "cancelled": "failed",
    "unknown": "unknown",
}
"""Every canonical call status and the one outcome it belongs to, in the order of how far a call has come."""

STATUSES: Final = tuple(OUTCOME_BY_STATUS)
OUTCOMES: Final = ("completed", "failed", "in_progress", "unknown")

_STATUS_KEYS: Final = {name.replace("_", ""): name for name in STATUSES} | {
    "canceled": "cancelled",
    "complete": "completed",
}


def status_key(reported: str) -> str:
    """The part of a reported status that counts: lower case without blanks, `-` and `_`.

    The macro of that name in `sql/ingest/macros.sql` is the same in SQL.
    """
    return re.sub(r"[-_\s]+", "", reported).lower()


def canonical_status(reported: str) -> str | None:
    """The canonical status that a platform's spelling means, None where it means none.

    >>> canonical_status("No-Answer"), canonical_status("CANCELED"), canonical_status("exploded")
    ('no_answer', 'cancelled', None)
    """
    return _STATUS_KEYS.get(status_key(reported))


def status_names() -> list[tuple[str, str, str, int]]:
    """Rows (key, status, outcome, rank) of the table `status_names` that SQL joins reported statuses to."""
    ranks = {name: rank for rank, name in enumerate(STATUSES)} | {"unknown": -1}
    return [(key, name, OUTCOME_BY_STATUS[name], ranks[name]) for key, name in _STATUS_KEYS.items()]

"""How fresh a lake is, for monitoring: when it was last fed, when each platform was last pulled.

A pull that finds nothing new leaves no run behind, so both count: the lake is fresh if its newest run that
brought anything usable, or the newest successful pull, is young enough. An export from which nothing could be
used, a login page for instance, makes no lake fresh. A platform that was ever pulled is stale by itself when
its pulls stop succeeding, however much else comes in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from batchlake.erasure.landed import STATE_FOLDER
from batchlake.errors import LakeNotFound
from batchlake.lake import Lake
from batchlake.text.values import utc_stamp

STATUS_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class PlatformStatus:
    """One platform's pulls. Times are RFC 3339 in UTC, ages in seconds; None where there was none yet.

    From `deletes_from` on, the platform deletes calls that came after its last successful pull; None where it
    isn't known how long it keeps them.
    """

    succeeded_at: str | None
    age_seconds: float | None
    failed_at: str | None
    failure: str | None
    is_stale: bool
    deletes_from: str | None = None


@dataclass(frozen=True, slots=True)
class LakeStatus:
    """The lake's freshness. Without `max_age_seconds` it `is_stale` only where nothing was ever fed.

    `unfinished_erasure` says that earlier files may still hold somebody who was erased.

    `newest_run_at` is when the newest run ended that brought something usable, `last_run_at` when the last
    one did, which `last_run_was_usable` or not; None where there was no such run. Ages are in seconds.
    """

    lake: str
    is_stale: bool
    reasons: list[str]
    max_age_seconds: float | None
    newest_run_at: str | None
    last_run_at: str | None
    last_run_was_usable: bool | None
    age_seconds: float | None
    newest_call_at: str | None
    calls: int
    calls_in_progress: int
    batches: int
    platforms: dict[str, PlatformStatus]
    warnings: list[str]
    unfinished_erasure: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The status as plain JSON values, with the version of this layout."""
        return {"version": STATUS_VERSION} | asdict(self)


def pulled_platforms(landing_root: Path) -> list[Path]:
    """The folders of the platforms that were ever pulled into a landing folder, sorted."""
    return sorted(state.parent for state in landing_root.glob(f"*/{STATE_FOLDER}"))


def lake_status(
    lake: Lake,
    landing_root: Path,
    max_age: timedelta | None,
    now: datetime,
    retention_days: Mapping[str, float] | None = None,
) -> LakeStatus:
    """The status of a lake and of the pulls into its landing folder, as of `now` (aware).

    A lake that doesn't exist yet is stale, and holds nothing.

    Args:
        lake: whose.
        landing_root: holds a folder for each platform.
        max_age: how old the newest feed may be.
        now: the time.
        retention_days: after how many days a platform deletes calls, of those where it is known.
    """
    kept = retention_days or {}
    facts = _facts(lake)
    newest_run: datetime | None = facts["newest_run_at"]
    platforms = {
        folder.name: _platform_status(folder, max_age, now, kept.get(folder.name))
        for folder in pulled_platforms(landing_root)
    }
    reasons = _reasons(lake, facts, platforms, max_age, now)
    return LakeStatus(
        lake=str(lake.root),
        is_stale=bool(reasons),
        reasons=reasons,
        max_age_seconds=max_age.total_seconds() if max_age is not None else None,
        newest_run_at=_stamp(newest_run),
        last_run_at=_stamp(facts["last_run_at"]),
        last_run_was_usable=facts["last_run_was_usable"],
        age_seconds=_age_seconds(newest_run, now),
        newest_call_at=_stamp(facts["newest_call_at"]),
        calls=facts["calls"],
        calls_in_progress=facts["calls_in_progress"],
        batches=facts["batches"],
        platforms=platforms,
        warnings=[
            f"{name} deletes calls from {one.deletes_from} on that were never pulled: "
            f"it was last pulled {_ago(_moment(one.succeeded_at), now)}"
            for name, one in platforms.items()
            if one.deletes_from and _is_near(_moment(one.deletes_from), kept[name], now)
        ],
        unfinished_erasure=lake.has_unfinished_erasure(),
    )


def _reasons(
    lake: Lake,
    facts: Mapping[str, Any],
    platforms: Mapping[str, PlatformStatus],
    max_age: timedelta | None,
    now: datetime,
) -> list[str]:
    """Why the lake is stale, in sentences without their ends; none where it isn't."""
    newest_run: datetime | None = facts["newest_run_at"]
    pulls = [datetime.fromisoformat(one.succeeded_at) for one in platforms.values() if one.succeeded_at]
    fed_at = max([*([newest_run] if newest_run else []), *pulls], default=None)
    reasons = []
    if newest_run is None:
        what = "nothing" if facts["last_run_at"] is None else "nothing that could be used"
        reasons.append(f"{what} has been ingested into {str(lake.root)!r} yet")
    elif max_age is not None and _is_old(fed_at, max_age, now):
        reasons.append(f"the lake was last fed {_ago(fed_at, now)}")
    if reasons and facts["last_run_was_usable"] is False:
        reasons.append(f"the last run, at {_stamp(facts['last_run_at'])}, brought nothing that could be used")
    return reasons + [
        f"{name} was last pulled {_ago(_moment(one.succeeded_at), now)}"
        for name, one in platforms.items()
        if one.is_stale
    ]


def _facts(lake: Lake) -> dict[str, Any]:
    try:
        (facts,) = lake.answer("sync/lake_counts")
    except LakeNotFound:
        return {
            "newest_run_at": None,
            "last_run_at": None,
            "last_run_was_usable": None,
            "newest_call_at": None,
            "calls": 0,
            "calls_in_progress": 0,
            "batches": 0,
        }
    return facts


def _is_near(moment: datetime | None, retention_days: float, now: datetime) -> bool:
    """Whether less than a third of a retention is left until then, or none."""
    return moment is not None and now > moment - timedelta(days=retention_days / 3)


def _platform_status(
    folder: Path, max_age: timedelta | None, now: datetime, retention_days: float | None
) -> PlatformStatus:
    from batchlake.sync.pull.journal import last_pulls

    facts = last_pulls(folder)
    succeeded = _moment(facts.get("succeeded_at"))
    failed = facts.get("failed") or {}
    return PlatformStatus(
        succeeded_at=facts.get("succeeded_at"),
        age_seconds=_age_seconds(succeeded, now),
        failed_at=failed.get("at"),
        failure=failed.get("message"),
        is_stale=max_age is not None and _is_old(succeeded, max_age, now),
        deletes_from=(
            _stamp(succeeded + timedelta(days=retention_days)) if succeeded and retention_days else None
        ),
    )


def _is_old(moment: datetime | None, max_age: timedelta, now: datetime) -> bool:
    return moment is None or now - moment > max_age


def _age_seconds(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max(0.0, (now - moment).total_seconds())


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "never"
    hours = max(0.0, (now - moment).total_seconds()) / 3600
    return f"{hours:.1f} hours ago, at {_stamp(moment)}"


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else utc_stamp(moment, "seconds")

"""One pull from one platform: ask, land, ingest; what is new or still running, going on where the last
stopped.

Input: a lake, a platform and its landing folder. Output: a report. Everything is landed before it is
ingested, and remembered in between, so that a pull may end anywhere: the next one ingests what waits and
asks for the rest. It has three steps, each ingested before the next looks into the lake: the list of calls,
batches that haven't finished, and details of calls that run or lack them. Not for use within a running
event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from batchlake.engine import sql_files
from batchlake.erasure.landed import STATE_FOLDER
from batchlake.erasure.landed.landing import BODY
from batchlake.errors import (
    BatchlakeError,
    InvalidRequest,
    LakeLocked,
    LakeNotFound,
    LakeNotWritable,
    PullFailed,
    RateLimited,
)
from batchlake.lake import Lake
from batchlake.privacy.redaction.rules import Rules
from batchlake.store.lock import writer_lock
from batchlake.sync.api.client import Cause, Client, Fault
from batchlake.sync.api.credential import read_credential
from batchlake.sync.platforms import Platform, with_environment
from batchlake.sync.pull.fetching import Fetcher
from batchlake.sync.pull.journal import Journal
from batchlake.sync.pull.landing import Landing
from batchlake.sync.pull.report import PullReport
from batchlake.text.statuses import OUTCOME_BY_STATUS
from batchlake.text.values import utc_stamp


@dataclass(frozen=True, slots=True)
class PullOptions:
    """What to pull, and how.

    Attributes:
        batches: only these batches, and the details that their calls lack.
        calls: only the details of these calls.
        full: list everything and ask for every missing detail, whatever earlier pulls have seen.
        wait_seconds: how long to wait for another pull of the platform, and for another writer of the lake.
        since: list what is not older than this, whatever earlier pulls have seen.
        redact: by which rules values are redacted before anything lands; None leaves it to the lake.
    """

    batches: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    full: bool = False
    wait_seconds: float = 0
    since: timedelta | None = None
    redact: Rules | None = None

    @property
    def is_chosen(self) -> bool:
        """Whether batches or calls were named, so that nothing else is pulled."""
        return bool(self.batches or self.calls)


def pull(
    lake: Lake,
    name: str,
    platform: Platform,
    landing_root: Path,
    environ: Mapping[str, str],
    options: PullOptions = PullOptions(),
    note: Callable[[str], None] = lambda line: None,
    answered: Callable[[str, int, int], None] = lambda kind, done, total: None,
) -> PullReport:
    """Pull from a platform into the lake.

    Args:
        lake: where the answers end up; made if there is none.
        name: the platform's name, which becomes the calls' `source`.
        platform: how it is asked.
        landing_root: the folder in which each platform has its landing.
        environ: holds the credential under the name that the platform gives.
        options: what to pull.
        note: called with a line now and then.
        answered: called after each answer for a batch or a call: which of the two, how many, of how many.

    Raises:
        InvalidRequest: a batch or call was named, and the platform has no table for one.
        InvalidConfiguration: the credential is missing.
        RateLimited: the platform kept refusing; what was fetched is in the lake.
        PullFailed: it failed otherwise, or nothing could be fetched; what was fetched is in the lake.
        LakeLocked: another pull or writer is at work; what landed waits for the next pull.
    """
    _refuse_unknown(name, platform, options)
    platform = with_environment(platform, environ)
    credential = read_credential(platform.auth, environ) if platform.auth else None
    lake.finish_erasure(landing_root, options.wait_seconds)
    landing = Landing(landing_root, name, lake.landing_gate(options.redact))
    with _turn(name, landing.folder, options.wait_seconds), Journal(landing.folder, name) as journal:
        client = Client(platform, credential)
        with asyncio.Runner() as runner:
            try:
                running = _Pull(lake, name, platform, journal, landing, client, options, note, answered)
                return running.execute(runner.run)
            finally:
                runner.run(client.close())


def _refuse_unknown(name: str, platform: Platform, options: PullOptions) -> None:
    """Refuse to ask for what the platform's tables don't say how to ask for."""
    for wanted, item, kind in (
        (options.batches, platform.batch, "batch"),
        (options.calls, platform.call, "call"),
    ):
        if wanted and item is None:
            raise InvalidRequest(
                f"how to ask {name} for a {kind} is not known. Say so under [platforms.{name}.{kind}].",
                platform=name,
            )
    if options.since is not None and not (platform.calls and platform.calls.since):
        raise InvalidRequest(
            f"how to list only new calls of {name} is not known. Leave `since` out, or name the parameter "
            f"under [platforms.{name}.calls] as `since`.",
            platform=name,
        )


class _Pull:
    """The state of one pull."""

    def __init__(
        self,
        lake: Lake,
        name: str,
        platform: Platform,
        journal: Journal,
        landing: Landing,
        client: Client,
        options: PullOptions,
        note: Callable[[str], None],
        answered: Callable[[str, int, int], None],
    ) -> None:
        self._lake = lake
        self._name = name
        self._platform = platform
        self._journal = journal
        self._client = client
        self._options = options
        self._report = PullReport(name, str(landing.folder), datetime.now(UTC))
        self._fetcher = Fetcher(platform, client, landing, journal, self._report, note, answered)

    def execute(self, wait_for: Callable[[Coroutine[Any, Any, None]], None]) -> PullReport:
        """Do it all, and remember how it ended."""
        clock = time.monotonic()
        try:
            self._execute(wait_for)
        except BatchlakeError as error:
            failed = {"at": utc_stamp(datetime.now(UTC)), "code": error.code, "message": error.message}
            self._journal.note_fact("failed", failed)
            raise
        self._journal.note_fact("succeeded_at", utc_stamp(self._report.started_at))
        self._journal.forget_settled(2 * timedelta(days=self._platform.refresh_days))
        self._report.seconds = time.monotonic() - clock
        self._report.requests, self._report.bytes = self._client.requests, self._client.bytes
        return self._report

    def _execute(self, wait_for: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._begin()
        self._ingest()
        for step in (self._list, self._fetch_batches, self._fetch_calls):
            try:
                wait_for(step())
            except Fault as fault:
                self._ingest()
                raise self._as_error(fault) from None
            except OSError as error:
                reason = f"the landing {self._report.landing} can't be written: {error.strerror or error}"
                raise PullFailed(self._name, reason) from error
            self._ingest()
        if self._report.failures and not self._report.answers:
            first = self._report.failures[0]
            reason = f"{first.kind} {first.item_id!r} could not be fetched, nor anything else; {first.reason}"
            raise PullFailed(self._name, reason, first.status)

    async def _list(self) -> None:
        if self._platform.calls and not self._options.is_chosen:
            running = set() if self._platform.call else self._running_calls()
            age = self._options.since
            await self._fetcher.list_calls(
                self._platform.calls,
                full=self._options.full,
                wanted=running,
                since=None if age is None else datetime.now(UTC) - age,
            )

    async def _fetch_batches(self) -> None:
        if item := self._platform.batch:
            chosen = list(self._options.batches)
            wanted = chosen if self._options.is_chosen else self._unfinished_batches()
            await self._fetcher.fetch("batch", item, wanted)

    async def _fetch_calls(self) -> None:
        if item := self._platform.call:
            wanted = list(self._options.calls)
            if self._options.batches or not self._options.is_chosen:
                wanted += self._calls_without_details()
            await self._fetcher.fetch("call", item, wanted)

    # What the lake knows

    def _unfinished_batches(self) -> list[str]:
        finished = [
            status for status, outcome in OUTCOME_BY_STATUS.items() if outcome in ("completed", "failed")
        ]
        rows = self._rows("unfinished_batches", since_run=self._since_run(), finished=finished)
        settled = set() if self._options.full else self._journal.settled("batch")
        return [row["batch_id"] for row in rows if row["batch_id"] not in settled]

    def _calls_without_details(self) -> list[str]:
        settled = set() if self._options.full else self._journal.settled("call")
        chosen = set(self._options.batches)
        return [
            row["call_id"]
            for row in self._rows("calls_to_ask", since_run=self._since_run())
            if (not chosen or row["batch_id"] in chosen)
            and row["call_id"] not in (self._fetcher.seen if row["is_running"] else settled)
        ]

    def _running_calls(self) -> set[str]:
        rows = self._rows("calls_to_ask", since_run=self._since_run())
        return {row["call_id"] for row in rows if row["is_running"]}

    def _since_run(self) -> str:
        """The least id of a run that is recent enough; ids begin with the run's time."""
        since = datetime.now(UTC) - timedelta(days=self._platform.refresh_days)
        return "" if self._options.full else f"{since:%Y%m%dT%H%M%S}"

    def _rows(self, query: str, **params: Any) -> list[dict[str, Any]]:
        text = sql_files.load(f"sync/{query}").text
        try:
            return self._lake.sql(text, {"source": self._name, **params}).to_dicts()
        except LakeNotFound:
            return []

    # What the lake learns

    def _begin(self) -> None:
        """A lake that isn't there yet begins with all that has ever landed: it won't be asked for again."""
        try:
            self._lake.runs().to_dicts()
        except LakeNotFound:
            landing = Path(self._report.landing)
            if any(landing.rglob(f"*{BODY}")):
                report = self._lake.ingest(
                    landing, source=self._name, wait_seconds=self._options.wait_seconds
                )
                self._report.ingests.append(report)

    def _ingest(self) -> None:
        """Ingest what has landed and waits; a call whose details say that it has ended is settled."""
        waiting = self._journal.waiting()
        present = [path for path in waiting if path.is_file()]
        if present:
            report = self._lake.ingest(
                *present,
                source=self._name,
                wait_seconds=self._options.wait_seconds,
                redact=self._options.redact or (),
            )
            self._report.ingests.append(report)
            calls = self._journal.waiting_calls()
            ended = self._rows("ended_calls", call_ids=calls) if calls else []
            self._journal.settle("call", (row["call_id"] for row in ended))
        if waiting:
            self._journal.note_ingested()

    def _as_error(self, fault: Fault) -> BatchlakeError:
        if fault.cause is Cause.RATE_LIMITED:
            return RateLimited(self._name, fault.retry_after)
        return PullFailed(self._name, fault.reason, fault.status)


@contextmanager
def _turn(name: str, folder: Path, wait_seconds: float) -> Iterator[None]:
    """One pull of a platform at a time; the second says who is at work, or waits."""
    state = folder / STATE_FOLDER
    try:
        with writer_lock(state, wait_seconds=wait_seconds):
            yield
    except (LakeLocked, LakeNotWritable) as error:
        # What the lake itself says goes on as it is.
        if error.lake != str(state):
            raise
        if isinstance(error, LakeLocked):
            raise LakeLocked(str(folder), error.holder, error.since) from None
        raise PullFailed(name, f"the landing {folder} can't be written: {error.reason}") from error

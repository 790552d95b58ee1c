"""Fetches what a pull wants and lands it: the pages of a list, and batches and calls by their ids.

Nothing is ingested here, and the lake isn't asked. Each answer is landed and then remembered in the
journal, in that order: what is not remembered is asked for again, and lands under the same name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from batchlake.sync.api.answers import NotJson, read_document
from batchlake.sync.api.client import Answer, Cause, Client, Fault
from batchlake.sync.api.pages import Page, PageFault, Pager
from batchlake.sync.platforms import Item, Listing, Platform
from batchlake.sync.pull.journal import Journal, OpenListing, WholeListing
from batchlake.sync.pull.landing import Landing, file_name
from batchlake.sync.pull.report import Failure, PullReport
from batchlake.text.values import utc_stamp

_RESUMABLE_FOR: Final = timedelta(hours=24)
"""An older listing isn't resumed: what its pages held has moved on."""

_SINCE_OVERLAP: Final = timedelta(hours=1)
"""How much further back `since` reaches than the last whole listing, for clocks that differ."""

ItemKind = Literal["batch", "call"]

_MOST_UNAVAILABLE_IN_A_ROW: Final = 3
"""So many ids that each fail all their tries, one after another, and the platform itself is down."""


class Fetcher:
    """Fetches for one pull. `seen` holds the ids of the calls that its list has shown."""

    def __init__(
        self,
        platform: Platform,
        client: Client,
        landing: Landing,
        journal: Journal,
        report: PullReport,
        note: Callable[[str], None],
        answered: Callable[[str, int, int], None] = lambda kind, done, total: None,
    ) -> None:
        self._platform = platform
        self._client = client
        self._landing = landing
        self._journal = journal
        self._report = report
        self._note = note
        self._answered = answered
        self._unavailable = 0
        self._done = self._total = 0
        self.seen: set[str] = set()

    # The list

    async def list_calls(
        self, listing: Listing, *, full: bool, wanted: set[str], since: datetime | None = None
    ) -> None:
        """Fetch the list of calls, from where an interrupted pull left it, down to what is known.

        Args:
            listing: how the platform lists calls.
            full: begin at the beginning and go to the end.
            wanted: calls that have to be seen, however far down they are.
            since: leave out older calls, whatever earlier pulls have seen; None goes on from these.

        Raises:
            Fault: the list broke off; what landed of it is remembered.
            OSError: the landing can't be written.
        """
        last_whole = None if full else self._journal.whole_listing()
        begins_anew = full or since is not None
        opened, pager = (None if begins_anew else self._resumed(listing)) or self._begun(
            listing, last_whole, since
        )
        resumed = self._report.resumed_pages = pager.pages
        stopped = False
        while (request := pager.request) and not stopped:
            if self._report.pages == self._platform.limits.pages:
                limit = self._platform.limits.pages
                raise Fault(Cause.UNACCEPTABLE, f"the list has more than {limit} pages (`limits.pages`)")
            try:
                answer = await self._client.get(request.path, request.params, request.body)
                page = self._taken(pager, answer)
            except Fault as fault:
                if not (resumed and self._report.pages == 0 and fault.cause is Cause.REFUSED):
                    raise
                self._report.notes.append(
                    f"the interrupted list could not be resumed ({fault.reason}); starting over"
                )
                opened, pager = self._begun(listing, last_whole, since)
                resumed = self._report.resumed_pages = 0
                continue
            self._land_page(opened, page, answer)
            if pager.loop:
                self._journal.end_listing(None)
                raise Fault(Cause.UNACCEPTABLE, pager.loop)
            stopped = (
                listing.newest_first
                and last_whole is not None
                and not last_whole.head.isdisjoint(page.ids)
                and wanted <= pager.ids
            )
        self.seen |= pager.ids
        self._report.notes += [] if stopped else pager.notes()
        is_whole = stopped or pager.is_whole()
        self._end_listing(
            WholeListing(opened.started_at, self._kept(pager.head)) if is_whole else None, since
        )

    def _end_listing(self, whole: WholeListing | None, since: datetime | None) -> None:
        """Remember that the list has ended, and from when on the next one has to go."""
        before = self._journal.whole_listing()
        if since is not None and before is not None and since > before.started_at - _SINCE_OVERLAP:
            # What lies between the last whole listing and that time hasn't been listed yet.
            whole = before
        self._journal.end_listing(whole)

    def _kept(self, ids: frozenset[str]) -> frozenset[str]:
        """Ids without those of erased calls, which nothing may remember."""
        gate = self._landing.gate
        if gate is None:
            return ids
        return frozenset(one for one in ids if not gate.is_erased(self._report.platform, one))

    def _begun(
        self, listing: Listing, last_whole: WholeListing | None, since: datetime | None = None
    ) -> tuple[OpenListing, Pager]:
        params = {}
        if since is None and last_whole:
            since = last_whole.started_at - _SINCE_OVERLAP
        if listing.since and since:
            params[listing.since] = _written(since, listing.since_format)
        opened = OpenListing(datetime.now(UTC), params)
        self._journal.begin_listing(opened)
        return opened, Pager(listing, params)

    def _resumed(self, listing: Listing) -> tuple[OpenListing, Pager] | None:
        """The listing that was interrupted, walked through again from where its pages landed."""
        opened = self._journal.open_listing()
        if opened is None or opened.started_at < datetime.now(UTC) - _RESUMABLE_FOR:
            return None
        pager = Pager(listing, opened.params)
        try:
            for path in self._journal.listed_pages(opened):
                body, headers, url = self._landing.read(path)
                pager.take(read_document(body), headers, url, is_live=False)
        except (PageFault, NotJson, OSError, ValueError, KeyError):
            # Pages that are gone, or no longer fit the configuration, are fetched again.
            return None
        return None if pager.loop else (opened, pager)

    def _taken(self, pager: Pager, answer: Answer) -> Page:
        try:
            return pager.take(answer.document, answer.headers, answer.url)
        except PageFault as fault:
            if fault.is_looping:
                self._journal.end_listing(None)
            cause = Cause.UNACCEPTABLE if fault.is_looping else Cause.REFUSED
            raise Fault(cause, fault.reason, answer.status) from None

    def _land_page(self, opened: OpenListing, page: Page, answer: Answer) -> None:
        name = f"{opened.name}-{page.number:05}"
        path = self._landing.write(name, answer, day=opened.started_at)
        if path is not None:
            self._journal.note_landed(path, "page", listing=opened.name, page=page.number)
        self._report.pages += 1
        self._report.calls_listed += len(page.ids)
        self._note(f"{self._report.platform}: page {page.number}, {self._report.calls_listed} calls")

    # Batches and calls by their ids

    async def fetch(self, kind: ItemKind, item: Item, ids: Sequence[str]) -> None:
        """Fetch some batches or calls, several at a time; one that can't be fetched costs itself alone.

        Raises:
            Fault: the platform refuses them all, or is down; those that landed are remembered.
            OSError: the landing can't be written.
        """
        self._unavailable = 0
        wanted = list(dict.fromkeys(ids))
        remaining = iter(wanted)
        self._done, self._total = 0, len(wanted)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._platform.limits.in_flight, len(wanted))):
                    group.create_task(self._fetch_each(kind, item, remaining))
        except ExceptionGroup as group_error:
            raise group_error.exceptions[0] from None

    async def _fetch_each(self, kind: ItemKind, item: Item, ids: Iterator[str]) -> None:
        for item_id in ids:
            try:
                answer = await self._client.get(*item.target(item_id))
            except Fault as fault:
                self._note_failure(kind, item_id, fault)
                self._note_answered(kind)
                continue
            self._note_answered(kind)
            self._unavailable = 0
            gate = self._landing.gate
            known = gate.id_of(item_id) if gate else item_id
            path = self._landing.write(file_name(kind, known, answer.received_at), answer)
            if path is None:
                continue
            self._journal.note_landed(path, kind, item_id=item_id)
            if kind == "batch":
                self._report.batches += 1
            else:
                self._report.call_details += 1

    def _note_answered(self, kind: ItemKind) -> None:
        """Tell that one more of all that are asked for was answered."""
        self._done += 1
        self._answered(kind, self._done, self._total)

    def _note_failure(self, kind: ItemKind, item_id: str, fault: Fault) -> None:
        """Remember that one could not be fetched; raise the fault where it is not of this one alone."""
        self._unavailable = self._unavailable + 1 if fault.cause is Cause.UNAVAILABLE else 0
        if (
            fault.cause not in (Cause.REFUSED, Cause.UNACCEPTABLE, Cause.UNAVAILABLE)
            or self._unavailable == _MOST_UNAVAILABLE_IN_A_ROW
        ):
            raise fault
        if fault.cause is Cause.REFUSED:
            self._journal.settle(kind, [item_id])
        self._report.failures.append(Failure(kind, item_id, fault.reason, fault.status))


def _written(moment: datetime, form: str) -> str:
    """A time as a platform wants it."""
    if form == "date":
        return f"{moment:%Y-%m-%d}"
    if form == "unix":
        return str(int(moment.timestamp()))
    if form == "unix_ms":
        return str(int(moment.timestamp() * 1000))
    return utc_stamp(moment, "seconds")

"""How a list of calls continues: what to ask for next, and whether what came is a page that counts.

Input: the answers of one listing, in order. Output: the calls' ids on each and the next request. A page
that repeats another and a cursor that comes round are loops; a total that changes and a list that falls short
of it are noted. The same pages, taken again from where they landed, bring a `Pager` to where it was.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from batchlake.sync.api.answers import value_at
from batchlake.sync.api.urls import joined
from batchlake.sync.platforms import Listing

_SHOWN: Final = 300
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""Half a character, which stands in no address."""

_ID_DIGITS: Final = 16
"""A longer number is a cursor or an id."""


class PageFault(Exception):
    """An answer that can't count as the next page; `is_looping`: going on would lead nowhere."""

    def __init__(self, reason: str, *, is_looping: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_looping = is_looping


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What to ask for: a path or whole address, query parameters, and the JSON body of a POST."""

    path: str
    params: Mapping[str, str]
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page that counts: its number (from 1) and the ids of its calls, of those that have one."""

    number: int
    ids: tuple[str, ...]


class Pager:
    """Walks through one listing. `request` is what to ask for next, None at the end or in a `loop`.

    Args:
        listing: how the platform lists its calls.
        more_params: sent with the configured ones.
    """

    def __init__(self, listing: Listing, more_params: Mapping[str, str]) -> None:
        self._listing = listing
        self._pages = listing.pages
        self._params = {**listing.params, **more_params}
        if self._pages.size_parameter:
            self._params[self._pages.size_parameter] = str(self._pages.size)
        self._records = 0
        self._taken_live: set[tuple[str, ...]] = set()
        self._cursors: set[str] = set()
        self._totals: list[int] = []
        self.ids: set[str] = set()
        self.head: frozenset[str] = frozenset()
        self.pages = 0
        self.loop: str | None = None
        self.request: PageRequest | None = self._first()

    def take(self, document: Any, headers: Mapping[str, str], url: str, *, is_live: bool = True) -> Page:
        """Take the answer to `request` as the next page.

        Args:
            document: the answer's JSON.
            headers: its headers, names in lower case.
            url: what was asked, for links relative to it.
            is_live: whether it came just now. Where calls are added at the front, a page asked for after an
                interruption may well repeat one from before; repeated within one run it is a fault.

        Raises:
            PageFault: it can't count.
        """
        number = self.pages + 1
        records = _list_at(document, self._listing.records)
        ids = tuple(found for record in records if (found := _id_of(record, self._listing.id)) is not None)
        if is_live and ids and ids in self._taken_live:
            raise PageFault(f"page {number} repeats an earlier page, call for call", is_looping=True)
        total = _integer(value_at(document, self._pages.total)) if self._pages.total else None
        try:
            self.request = self._following(document, headers, url, records, total)
        except PageFault as fault:
            self.request, self.loop = None, fault.reason
        self.pages = number
        self.head = self.head or frozenset(ids)
        self.ids.update(ids)
        self._records += len(records)
        if is_live:
            self._taken_live.add(ids)
        if total is not None:
            self._totals.append(total)
        return Page(number, ids)

    def notes(self) -> list[str]:
        """What a person should know of a listing that has ended."""
        notes = []
        if len(set(self._totals)) > 1:
            first, last = self._totals[0], self._totals[-1]
            notes.append(f"the list's total changed from {first} to {last} while its pages were read")
        if self._falls_short():
            notes.append(f"the platform counts {min(self._totals)} calls and listed {len(self.ids)}")
        return notes

    def is_whole(self) -> bool:
        """Whether nothing can have slipped between the pages of a listing that has ended."""
        changed = len(set(self._totals)) > 1
        grew_at_front = self._listing.newest_first and self._totals == sorted(self._totals)
        return not self._falls_short() and (grew_at_front or not changed)

    def _falls_short(self) -> bool:
        return bool(self._totals) and len(self.ids) < min(self._totals)

    def _first(self) -> PageRequest:
        start = {"page": self._pages.first, "offset": 0}.get(self._pages.style)
        return self._request({} if start is None else {str(self._pages.parameter): str(start)})

    def _request(self, params: Mapping[str, str]) -> PageRequest:
        sent = {**self._params, **params}
        if self._listing.method == "GET":
            return PageRequest(self._listing.path, sent)
        body = copy.deepcopy(self._listing.body)
        for place, value in sent.items():
            _put(body, place, value)
        return PageRequest(self._listing.path, {}, body)

    def _following(
        self, document: Any, headers: Mapping[str, str], url: str, records: list[Any], total: int | None
    ) -> PageRequest | None:
        """What follows a page of these records, None where it is the last."""
        style, count = self._pages.style, len(records)
        if style == "none":
            return None
        if style in ("page", "offset"):
            return self._counted(count, total)
        if self._pages.more and not value_at(document, self._pages.more):
            return None
        if style == "last":
            is_short = self._pages.size is not None and count < self._pages.size
            value = None if is_short or not records else value_at(records[-1], self._pages.next)
        elif self._pages.next:
            value = value_at(document, self._pages.next)
        else:
            value = _next_link(headers.get("link", ""))
        if value is None or value is False or value == "":
            return None
        return self._pointed(value, url)

    def _counted(self, count: int, total: int | None) -> PageRequest | None:
        listed = self._records + count
        ended = count == 0 or (total is not None and listed >= total)
        if total is None and self._pages.size and count < self._pages.size:
            ended = True
        if ended:
            return None
        at = listed if self._pages.style == "offset" else self._pages.first + self.pages + 1
        return self._request({str(self._pages.parameter): str(at)})

    def _pointed(self, given: Any, url: str) -> PageRequest:
        """The page that a cursor or a link points to; one followed before would go round for ever."""
        value = str(given)
        if isinstance(given, dict | list) or _SURROGATE.search(value):
            raise PageFault(f"page {self.pages + 1} leads to a page that can't be asked for: {value[:80]!a}")
        if value in self._cursors:
            raise PageFault(f"page {self.pages + 1} leads back to an earlier page: {value[:80]!r}")
        self._cursors.add(value)
        if self._pages.style == "link":
            return PageRequest(joined(url, value), {})
        return self._request({str(self._pages.parameter): value})


def _list_at(document: Any, place: str | None) -> list[Any]:
    records = value_at(document, place)
    if not isinstance(records, list):
        where = f"at {place!r}" if place else "as the whole answer"
        raise PageFault(
            f"there is no list of calls {where} (`calls.records`): {json.dumps(document)[:_SHOWN]}"
        )
    return records


def _id_of(record: Any, place: str | None = None) -> str | None:
    """What identifies a call; `call_id` goes before `id`, as at ingest."""
    if place is not None:
        found = value_at(record, place)
        return None if found is None or isinstance(found, dict | list) else str(found).strip() or None
    named = (record.get("call_id"), record.get("id")) if isinstance(record, dict) else ()
    return next((str(value) for value in named if isinstance(value, str | int) and value != ""), None)


def _integer(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < _ID_DIGITS:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _put(body: dict[str, Any], place: str, value: str) -> None:
    """Put a value into a JSON body, at keys joined by dots; what is a number by its spelling is one."""
    *outer, last = place.split(".")
    for key in outer:
        body = body.setdefault(key, {})
    body[last] = int(value) if value.isascii() and value.isdigit() and len(value) < _ID_DIGITS else value


def _next_link(header: str) -> str | None:
    """The address with `rel="next"` in a `Link` header."""
    for link in httpx2.Response(200, headers={"link": header}).links.values():
        attributes = {name.lower(): value for name, value in link.items() if name and value}
        if "next" in attributes.get("rel", "").lower().split():
            return attributes.get("url")
    return None

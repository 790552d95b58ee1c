"""Reads documents with misplaced brackets or quotes: what lies around calls is read again, key by key.

Input: a stream that a bracket scan can't follow. Output: the stream as documents that it can follow, one for
each list of calls, and what that cost. Three things can be found whatever is out of place before them: where
a key is (no text holds a quote that isn't escaped), where a list of calls begins (at such a key, with a
record), and where that list ends. Between lists, values are taken one by one; of what an open bracket leaves
in doubt only ids and times are taken, where there is no other.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from batchlake.ingest.parse.damage.members import AROUND_MEMBERS, Member, members_in
from batchlake.ingest.parse.damage.repair import Fault, left_empty
from batchlake.ingest.parse.damage.survey import (
    LIST_BEGINS,
    READ_BYTES,
    TOKENS,
    ListsUnclear,
    RecordList,
    Span,
    survey,
)
from batchlake.ingest.parse.fields import field_list
from batchlake.ingest.parse.json_values import JSON_FAULTS, Fields, fields_of, joined, opens, path_key
from batchlake.ingest.parse.raw_records import Readable
from batchlake.ingest.parse.recognition import ENVELOPES, SVALYNC_BATCHES

_NEXT_RECORD: Final = re.compile(rb"\}[ \t\r\n,\]}]*\{")
_BATCH_IDS: Final = field_list(SVALYNC_BATCHES).identity
_TOLD_ANYWHERE: Final = frozenset((*_BATCH_IDS, "exported_at"))
"""What is taken from behind an open bracket, where it is nowhere else."""


@dataclass(frozen=True, slots=True)
class Mended:
    """Documents in a row, as texts and spans of the stream they were mended from, and what was lost."""

    pieces: Sequence[bytes | Span]
    faults: Sequence[Fault]
    batches: int

    def read_from(self, stream: Readable) -> Iterator[bytes]:
        """The documents' bytes, given the stream from its beginning."""
        position = 0
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
                continue
            for start, size in ((position, piece.start - position), (piece.start, piece.end - piece.start)):
                while size > 0 and (some := stream.read(min(size, READ_BYTES))):
                    size -= len(some)
                    if start == piece.start:
                        yield some
            position = piece.end


def mend(stream: Readable, start: int = 0) -> Mended | None:
    """What can be read of a stream's documents; None where no list of calls is whole, or the end is missing.

    Args:
        stream: from its beginning.
        start: where the first document begins that can't be followed; what is before stays as it is.
    """
    try:
        around, lists = survey(stream, start)
        if not lists or _is_cut_off(around, lists):
            return None
        pieces, faults = _rewritten(around, lists)
    except (ListsUnclear, RecursionError):
        return None
    before = [Span(0, start)] if start else []
    return Mended([*before, *pieces], faults, len(lists))


def begins_list(text: bytes) -> bool:
    """Whether a list of calls begins in a text, and isn't empty."""
    return any(text[found.end() : found.end() + 1] == b"{" for found in LIST_BEGINS.finditer(text))


def mended_header(header: bytes) -> tuple[bytes, Sequence[Fault]] | None:
    """The same of one document whose lists of records were taken out of it."""
    try:
        around, lists = survey(io.BytesIO(header), 0, are_emptied=True)
        if len(lists) != 1:
            return None
        pieces, faults = _rewritten(around, lists)
    except (ListsUnclear, RecursionError):
        return None
    return b"".join(piece for piece in pieces if isinstance(piece, bytes)), faults


def _is_cut_off(around: Sequence[bytes], lists: Sequence[RecordList]) -> bool:
    """Whether the documents are sound as far as they go, and only their end is missing."""
    last = around[-1].rstrip()
    if last[-1:] not in (b"}", b"]"):
        return True
    text = around[0] + b"".join(
        f'"{one.key}":['.encode() + b"]" + piece for one, piece in zip(lists, around[1:], strict=True)
    )
    open_brackets = []
    for token in TOKENS.findall(text):
        if token in (b"[", b"{"):
            open_brackets.append(b"]" if token == b"[" else b"}")
        elif token in (b"]", b"}") and open_brackets:
            open_brackets.pop()
    try:
        return bool(open_brackets) and not _holds_misplaced(text + b"".join(reversed(open_brackets)))
    except JSON_FAULTS:
        return False


def _holds_misplaced(value: bytes | msgspec.Raw, key: str = "data") -> bool:
    """Whether an object holds what is around it, in a sound document."""
    if opens(value, b"["):
        return any(_holds_misplaced(one, key) for one in msgspec.json.decode(value, type=list[msgspec.Raw]))
    if not opens(value, b"{"):
        return False
    fields = fields_of(value)
    return _is_misplaced(key, fields) or any(_holds_misplaced(one, inner) for inner, one in fields.items())


def _is_misplaced(key: str, fields: Fields) -> bool:
    """Whether the object under a key holds fields of a batch, as if a bracket before them were missing."""
    if key in ENVELOPES:
        return False
    known = field_list(SVALYNC_BATCHES).tree.children
    own_keys = known[key].children.keys() if key in known else set()
    return not (fields.keys() - own_keys).isdisjoint({*known, *_TOLD_ANYWHERE, *ENVELOPES})


@dataclass(slots=True)
class _Around:
    """What lies around one list of calls: its batch's own fields, and those around the batch."""

    outer: dict[str, bytes] = field(default_factory=dict)
    inner: dict[str, bytes] = field(default_factory=dict)
    behind: dict[str, bytes] = field(default_factory=dict)
    unsure: dict[str, set[bytes]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    is_wrapped: bool = False
    is_of_list: bool = False

    def before(self, members: Sequence[Member]) -> None:
        """Take what is before the list."""
        is_sure = True
        for member in members:
            self._junk(member.gap)
            enters = member.key in ENVELOPES and _is_around(member)
            if enters:
                self.outer |= self.inner
                self.inner = {}
                self.is_wrapped = self.is_wrapped or member.key == "batch"
                self.is_of_list = self.is_of_list or member.raw[:1] == b"["
                if member.value is not None:
                    self.inner = {key: bytes(value) for key, value in fields_of(member.value).items()}
            else:
                is_sure = self._take(member, self.inner, is_sure=is_sure)

    def after(self, members: Sequence[Member], rest: bytes) -> None:
        """Take what stands behind it."""
        is_sure = True
        for member in members:
            self._junk(member.gap)
            if b"]" in member.gap and member.key == "exported_at":
                self._take(member, self.outer, is_sure=True)
                continue
            is_behind = bool(self.behind) or (is_sure and b"}" in member.gap)
            is_sure = self._take(member, self.behind if is_behind else self.inner, is_sure=is_sure)
        self._junk(rest)

    def _take(self, member: Member, fields: dict[str, bytes], *, is_sure: bool) -> bool:
        """Put a value where it belongs; False where it is unknown what the next ones belong to."""
        path = self._path(member.key)
        if member.value is None:
            self.faults.append(_left_empty(path, member.raw, "its brackets or quotes don't match"))
            return is_sure and bool(member.raw) and member.raw not in (b"{", b"[")
        if not is_sure:
            if member.key in _TOLD_ANYWHERE:
                self.unsure.setdefault(member.key, set()).add(member.value)
            else:
                self.faults.append(_left_empty(path, member.raw, "it can't be known where it belongs"))
            return False
        self.faults += [
            Fault(f"{path}.{fault.path}" if fault.path else path, fault.message, fault.raw)
            for fault in member.faults
        ]
        if opens(member.value, b"{") and _is_misplaced(member.key, held := fields_of(member.value)):
            self.faults.append(_left_empty(path, member.raw, "holds what belongs around it"))
            for key in _TOLD_ANYWHERE & held.keys():
                self.unsure.setdefault(key, set()).add(bytes(held[key]))
            return True
        fields[member.key] = member.value
        return True

    def _path(self, key: str) -> str:
        return f"batch.{path_key(key)}" if self.is_wrapped else path_key(key)

    def _junk(self, gap: bytes) -> None:
        if junk := gap.strip(AROUND_MEMBERS):
            self.faults.append(Fault("batch" * self.is_wrapped, "what is not a member was left out", junk))

    def settle(self) -> None:
        """Decide what was left in doubt."""
        ids = (self.inner.keys() | self.outer.keys()) & set(_BATCH_IDS)
        if not self.is_wrapped or not self.inner.keys() & set(_BATCH_IDS):
            # The bracket between them was the one too many.
            self.inner |= {key: value for key, value in self.behind.items() if key not in self.inner}
        else:
            self.outer |= {key: value for key, value in self.behind.items() if key not in self.outer}
        for key, values in self.unsure.items():
            is_known = ids if key in _BATCH_IDS else "exported_at" in {*self.inner, *self.outer}
            if not is_known and len(values) == 1:
                self.inner[key] = next(iter(values))


def _is_around(member: Member) -> bool:
    """Whether what stands under an envelope's key is what the list that follows is of."""
    if member.value is None:
        return member.raw in (b"", b"{", b"[")
    # Then it was closed too early.
    return opens(member.value, b"{") and not fields_of(member.value).keys().isdisjoint(_BATCH_IDS)


def _left_empty(path: str, raw: bytes, why: str) -> Fault:
    return Fault(path, left_empty(path, raw, why), raw)


def _record_begins(members: Sequence[Member], *, is_one_sought: bool) -> list[int]:
    """The places of members before which one object ends and another begins, by the surest sign there is."""
    raws = [b"]", *(member.raw for member in members)]
    possible = [
        place
        for place, (member, before) in enumerate(zip(members, raws, strict=False))
        if b"{" in member.gap and before
    ]
    ended = [place for place in possible if _NEXT_RECORD.search(members[place].gap)]
    clean = [place for place in ended if not members[place].gap.strip(AROUND_MEMBERS)]
    if is_one_sought:
        return next((some for some in (clean, ended, possible) if len(some) == 1), clean)
    return [place for place in clean if members[place].gap.rstrip().endswith(b"{")]


def _rewritten(
    around: Sequence[bytes], lists: Sequence[RecordList]
) -> tuple[list[bytes | Span], Sequence[Fault]]:
    """Each list of records as a document of its own, with what is said around it."""
    several = [_Around() for _ in lists]
    for place, text in enumerate(around):
        members, rest = members_in(text)
        is_between = 0 < place < len(lists)
        begins = _record_begins(members, is_one_sought=is_between)
        if len(begins) != is_between:
            # A record without a list, which would be taken for a part of another.
            raise ListsUnclear
        split_at = begins[0] if begins else 0 if place == 0 else len(members)
        if place > 0:
            several[place - 1].after(members[:split_at], b"" if begins else rest)
        if place < len(lists):
            several[place].before(members[split_at:])
    for one in several:
        one.settle()
    times = [one.outer["exported_at"] for one in several if "exported_at" in one.outer]
    shared = times[0] if times and several[0].is_of_list else None
    pieces: list[bytes | Span] = []
    for one, listed in zip(several, lists, strict=True):
        if shared and "exported_at" not in {*one.outer, *one.inner}:
            one.outer["exported_at"] = shared
        elements = f'"{listed.key}":['.encode()
        if one.is_wrapped:
            outer = joined({key: value for key, value in one.outer.items() if key != "batch"})[:-1]
            begin = outer + b"," * (len(outer) > 1) + b'"batch":' + joined(one.inner)[:-1]
        else:
            begin = joined(one.outer | one.inner)[:-1]
        pieces += [
            begin + b"," * (begin[-1:] != b"{") + elements,
            listed.span,
            b"]}" + b"}" * one.is_wrapped + b"\n",
        ]
    faults = [fault for one in several for fault in one.faults]
    message = "a bracket or a quote too many, or one that is missing, was skipped"
    return pieces, faults or [Fault("batch" if several[0].is_wrapped else "", message, b"")]

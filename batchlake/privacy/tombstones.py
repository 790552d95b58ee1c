"""Who was erased, as digests: what keeps the same exports from bringing them back.

Input: the table `tombstones` and the lake's key. Output: answers about calls and numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine import columns
from batchlake.engine.quoting import view_of
from batchlake.privacy.finder import Finder
from batchlake.privacy.fingerprints import Fingerprints, Prints, count_of, sealed
from batchlake.privacy.key import PrivacyKey
from batchlake.privacy.numbers import key_of
from batchlake.schema import TOMBSTONES
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger

if TYPE_CHECKING:
    import pyarrow as pa

_SEALED: Final = ("number_prints", "id_prints")
"""The kinds of the rows that hold the fingerprints of an erasure's numbers and calls, sealed."""

_READ: Final = {
    "call": ("digest",),
    "id": ("digest",),
    "number": ("digest", "erased_at", "for_good"),
    **dict.fromkeys(_SEALED, ("digest", "erasure_id")),
}
"""What is read of the rows of each kind."""

_MOST_ASKED: Final = 100_000
"""Numbers whose answers are remembered: some 20 MB."""


@dataclass(frozen=True)
class Tombstones:
    """Everybody who was erased from a lake.

    Attributes:
        key: makes the digests.
        calls: digests of erased calls.
        ids: digests of their ids, of those that no other source's call has.
        numbers: when each number was erased (UTC) by digest; None where calls after that are kept out, too.
        prints: fingerprints of all of them; None where an erasure's are missing, as of a batchlake that made
            none.
    """

    key: PrivacyKey
    calls: frozenset[str]
    ids: frozenset[str]
    numbers: Mapping[str, datetime | None]
    prints: Prints | None = None

    @classmethod
    def read(cls, lake: LakeTables, key: PrivacyKey, ledger: Ledger | None = None) -> Tombstones:
        """Those of the newest state; the lake's ledger where one is read already."""
        ledger = ledger or Ledger(lake)
        version = ledger.find()
        if version is None or TOMBSTONES.name not in version.pins:
            return cls(key, frozenset(), frozenset(), {})
        with ledger.reader() as engine:
            engine.create_view(
                view_of(TOMBSTONES, lake.files(TOMBSTONES.name, version.pins[TOMBSTONES.name]))
            )
            return cls.of_table(key, engine.arrow("from tombstones where key_id = $key", {"key": key.key_id}))

    @classmethod
    def of_table(cls, key: PrivacyKey, rows: pa.Table) -> Tombstones:
        """Those of rows of `tombstones` with this key; of another one none is known any more."""
        import numpy as np
        import pyarrow.compute as pc

        # Compared with a text of Python's, a column imports pandas where that is installed: 0.3 s.
        of_kind = {
            kind: rows.select(names).filter(pc.equal(rows["kind"], columns.texts([kind])[0]))
            for kind, names in _READ.items()
        }
        digests = {kind: of_kind[kind]["digest"].to_pylist() for kind in ("call", "id")}
        # Of a number that was erased twice the later time holds, and `for_good` whatever follows.
        of_numbers = of_kind["number"]
        erased_at = columns.to_numpy(of_numbers["erased_at"].cast("int64"), np.int64)
        is_for_good = columns.to_numpy(of_numbers["for_good"].cast("int64"), np.int64)
        order = np.lexsort((erased_at, is_for_good))
        digests_of_numbers = of_numbers["digest"].take(columns.from_numpy(order)).to_pylist()
        numbers: dict[str, datetime | None] = {}
        # An erasure has one time for all of its numbers.
        begins = np.flatnonzero(
            np.diff(erased_at[order], prepend=-1) | np.diff(is_for_good[order], prepend=-1)
        )
        for since, until in pairwise([*begins.tolist(), len(order)]):
            first = order[since]
            time = None if is_for_good[first] else columns.time(int(erased_at[first]))
            numbers |= dict.fromkeys(digests_of_numbers[since:until], time)
        return cls(
            key,
            frozenset(digests["call"]),
            frozenset(digests["id"]),
            numbers,
            _prints(key, rows, {kind: of_kind[kind] for kind in _SEALED}),
        )

    def __bool__(self) -> bool:
        return bool(self.calls or self.numbers)

    def is_erased_call(self, source: str, call_id: str) -> bool:
        """Whether a call was erased."""
        return self.key.of_call(source, call_id) in self.calls

    def erased_calls(self, sources: pa.ChunkedArray, call_ids: pa.ChunkedArray) -> list[int]:
        """The places of erased calls among very many; one without an id is none."""
        from batchlake.privacy.plain_texts import places_where

        prints = self.prints
        likely = places_where(call_ids, lambda them: them.may_be_ids(prints) if prints else them.bounds >= 0)
        some = columns.from_numpy(likely)
        ids = zip(sources.take(some).to_pylist(), call_ids.take(some).to_pylist(), strict=True)
        digest_of = cache(self.key.call_digester)
        is_erased = [digest_of(source)(call_id) in self.calls for source, call_id in ids]
        found: list[int] = likely[is_erased].tolist()
        return found

    def is_erased_id(self, word: str) -> bool:
        """Whether a word is the id of an erased call."""
        return self.key.of_id(word) in self.ids

    def keeps_out(self, number: str, began: datetime | None) -> bool:
        """Whether a call of this contact is kept out that began then; without a time it counts as old."""
        key = key_of(number)
        if key is None:
            return False
        digest = self.key.of_number(key)
        if digest not in self.numbers:
            return False
        erased_at = self.numbers[digest]
        return erased_at is None or began is None or began <= erased_at

    def finder(self) -> Finder:
        """Finds erased numbers, and ids of erased calls that have a digit, in texts."""
        is_id = self.is_erased_id if self.ids else None
        digest_of, erased = self.key.number_digester(), self.numbers

        # A contact's number is asked about when its call is judged, and again in each of its columns.
        asked: dict[str, bool] = {}

        def is_number(key: str) -> bool:
            known = asked.get(key)
            if known is None:
                if len(asked) >= _MOST_ASKED:
                    asked.clear()
                known = asked[key] = digest_of(key) in erased
            return known

        return Finder(is_number, looks_for_numbers=bool(self.numbers), is_id=is_id, prints=self.prints)


def tombstones_of(
    key: PrivacyKey,
    calls: Iterable[tuple[str, str]],
    ids: Iterable[str],
    numbers: Iterable[str],
    erasure: Mapping[str, Any],
) -> pa.Table:
    """The rows of `tombstones` for what an erasure takes.

    Args:
        key: makes their digests.
        calls: by source and id.
        ids: of those that no other source's call has.
        numbers: every form of each (`keys_of`).
        erasure: the other columns: `mode`, `erased_at`, `for_good`, `erasure_id`.
    """
    called, named, dialled = list(calls), list(ids), list(numbers)
    rows = [("call", key.of_call(*call)) for call in called]
    rows += [("id", key.of_id(one)) for one in named]
    rows += [("number", key.of_number(one)) for one in dialled]
    printed = ([one.removeprefix("+") for one in dialled], [call_id for _, call_id in called] + named)
    for kind, texts in zip(_SEALED, printed, strict=True):
        rows += [(kind, text) for text in sealed(key, texts)]
    rows.sort()
    count = len(rows)
    return columns.table(
        {
            "kind": columns.texts([kind for kind, _ in rows]),
            "digest": columns.texts([digest for _, digest in rows]),
            "key_id": columns.texts([key.key_id] * count),
            "mode": columns.texts([erasure["mode"]] * count),
            "erased_at": columns.times([erasure["erased_at"]] * count),
            "for_good": columns.flags([erasure["for_good"]] * count),
            "erasure_id": columns.texts([erasure["erasure_id"]] * count),
        }
    )


def _prints(key: PrivacyKey, rows: pa.Table, sealed_rows: Mapping[str, pa.Table]) -> Prints | None:
    """The fingerprints of all erasures, None where one lacks some of its own."""
    missing = {of["values"]: of["counts"] for of in rows["erasure_id"].value_counts().to_pylist()}
    texts = {kind: of_kind["digest"].to_pylist() for kind, of_kind in sealed_rows.items()}
    for kind, of_kind in sealed_rows.items():
        for erasure_id, text in zip(of_kind["erasure_id"].to_pylist(), texts[kind], strict=True):
            missing[erasure_id] -= 1 + count_of(text)
    if any(count > 0 for count in missing.values()):
        return None
    numbers, ids = (Fingerprints.of(key, texts[kind]) for kind in _SEALED)
    return Prints(numbers, ids)

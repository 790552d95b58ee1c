"""Who was erased, as digests: what keeps the same exports from bringing them back.

Input: the table `tombstones` and the lake's key. Output: answers about calls and numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from batchlake.engine import columns
from batchlake.engine.quoting import view_of
from batchlake.privacy.finder import Finder
from batchlake.privacy.key import PrivacyKey
from batchlake.privacy.numbers import key_of
from batchlake.schema import TOMBSTONES
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger

if TYPE_CHECKING:
    import pyarrow as pa

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
    """

    key: PrivacyKey
    calls: frozenset[str]
    ids: frozenset[str]
    numbers: Mapping[str, datetime | None]

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
            kind: rows.filter(pc.equal(rows["kind"], columns.texts([kind])[0]))
            for kind in ("call", "id", "number")
        }
        digests = {kind: of_kind[kind]["digest"].to_pylist() for kind in ("call", "id")}
        # Of a number that was erased twice the later time holds, and `for_good` whatever follows.
        of_numbers = of_kind["number"]
        erased_at = columns.to_numpy(of_numbers["erased_at"].cast("int64"), np.int64)
        is_for_good = columns.to_numpy(of_numbers["for_good"].cast("int64"), np.int64).astype(bool)
        order = np.lexsort((erased_at, is_for_good))
        # An erasure has one time: each of 60,000 as an object of its own takes half a second.
        moments, of_each = np.unique(erased_at, return_inverse=True)
        times: list[datetime | None] = [*map(columns.time, moments.tolist()), None]
        places = np.where(is_for_good, len(moments), of_each)[order].tolist()
        digests_of_numbers = of_numbers["digest"].take(columns.from_numpy(order)).to_pylist()
        numbers = dict(zip(digests_of_numbers, map(times.__getitem__, places), strict=True))
        return cls(key, frozenset(digests["call"]), frozenset(digests["id"]), numbers)

    def __bool__(self) -> bool:
        return bool(self.calls or self.numbers)

    def is_erased_call(self, source: str, call_id: str) -> bool:
        """Whether a call was erased."""
        return self.key.of_call(source, call_id) in self.calls

    def erased_calls(self, sources: Sequence[str], call_ids: Sequence[str | None]) -> list[int]:
        """The places of erased calls among very many; one without an id is none."""
        erased = self.calls
        digest_of = {source: self.key.call_digester(source) for source in set(sources)}
        return [
            place
            for place, (source, call_id) in enumerate(zip(sources, call_ids, strict=True))
            if call_id is not None and digest_of[source](call_id) in erased
        ]

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

        return Finder(is_number, looks_for_numbers=bool(self.numbers), is_id=is_id)

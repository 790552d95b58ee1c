"""Who was erased, as the lake's rows tell it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from batchlake.engine import columns
from batchlake.privacy.fingerprints import Fingerprints, fingerprints, sealed
from batchlake.privacy.key import PrivacyKey
from batchlake.privacy.plain_texts import places_where
from batchlake.privacy.tombstones import Tombstones, tombstones_of

KEY: Final = PrivacyKey(b"k" * 32)
NUMBERS: Final = ("+14155550199", "4155550199", "tel_0123456789abcdef")
NOON: Final = datetime(2026, 11, 28, 12, 0, 0, 1, UTC)

_rows = st.lists(st.tuples(st.sampled_from(NUMBERS), st.integers(0, 3), st.booleans()), max_size=6)


@given(_rows, st.sampled_from(NUMBERS), st.none() | st.integers(-1, 4))
@example([(NUMBERS[0], 3, False), (NUMBERS[0], 1, False)], NUMBERS[0], 2)
@example([(NUMBERS[0], 1, True), (NUMBERS[0], 3, False)], NUMBERS[0], 4)
def test_a_number_is_kept_out_up_to_its_last_erasure(
    erased: list[tuple[str, int, bool]], number: str, hour: int | None
) -> None:
    """Of several erasures the latest counts, and one for good for ever; a call without a time is old."""
    began = None if hour is None else NOON + timedelta(hours=hour)
    rows = columns.table(
        {
            "kind": columns.texts(["call", *("number" for _ in erased)]),
            "digest": columns.texts(
                [KEY.of_call("svalync", "c1"), *(KEY.of_number(one) for one, *_ in erased)]
            ),
            "erased_at": columns.times([NOON, *(NOON + timedelta(hours=at) for _, at, _ in erased)]),
            "for_good": columns.flags([False, *(for_good for *_, for_good in erased)]),
            "erasure_id": columns.texts(["one"] * (len(erased) + 1)),
        }
    )
    tombstones = Tombstones.of_table(KEY, rows)
    of_number = [(NOON + timedelta(hours=at), for_good) for one, at, for_good in erased if one == number]
    wanted = any(for_good or began is None or began <= erased_at for erased_at, for_good in of_number)
    assert tombstones.keeps_out(number, began) == wanted
    assert tombstones.is_erased_call("svalync", "c1")
    assert not tombstones.is_erased_call("svalync", "c2")
    sources, ids = ["retell", "svalync", "svalync", "svalync"], ["c1", None, "c1", "c2"]
    assert tombstones.erased_calls(columns.texts(sources), columns.texts(ids)) == [2]


ERASURE: Final = {"mode": "remove", "erased_at": NOON, "for_good": False}


def test_fingerprints_are_of_all_erasures_or_none() -> None:
    """With an erasure that has none of its own, as of an older batchlake, every text has to be digested."""
    calls = [("svalync", f"call_{at:04}") for at in range(1_500)]
    rows = [
        tombstones_of(KEY, calls, ["call_0001"], NUMBERS[:2], ERASURE | {"erasure_id": "first"}),
        tombstones_of(KEY, [], [], NUMBERS[2:], ERASURE | {"erasure_id": "second"}),
    ]
    both = pa.concat_tables(rows)
    prints = Tombstones.of_table(KEY, both).prints
    assert prints is not None
    assert (prints.ids.sizes, prints.numbers.sizes) == ({9}, {10, 11, 20})
    of_kinds = [Counter(one["kind"].to_pylist()) for one in rows]
    assert of_kinds[0] == {"call": 1_500, "id": 1, "number": 2, "id_prints": 2, "number_prints": 1}
    assert of_kinds[1] == {"number": 1, "number_prints": 1}
    for erasure_id, kind in (("first", "id_prints"), ("second", "number_prints")):
        is_kept = [
            (one["erasure_id"], one["kind"]) != (erasure_id, kind)
            for one in both.select(["erasure_id", "kind"]).to_pylist()
        ]
        assert Tombstones.of_table(KEY, both.filter(columns.flags(is_kept))).prints is None


def test_what_may_be_erased_is_all_that_was_and_little_else() -> None:
    """A fingerprint never misses; of other ids few of the same size pass, and none of another."""
    calls = [f"call_{at:06}" for at in range(0, 4_000, 2)]
    rows = tombstones_of(KEY, [("a", one) for one in calls], [], [], ERASURE | {"erasure_id": "e"})
    prints = Tombstones.of_table(KEY, rows).prints
    assert prints is not None
    asked = columns.texts([f"call_{at:06}" for at in range(4_000)] + ["call_0", None, "x" * 300])
    places = places_where(asked, lambda them: them.may_be_ids(prints)).tolist()
    assert set(range(0, 4_000, 2)) <= set(places)
    assert max(places) < 4_000
    assert len(places) < 2_000 + 2_000 / 32


def test_a_stored_fingerprint_tells_nothing_without_the_key() -> None:
    """Sealed twice it is another text, in letters alone; another key opens it to others."""
    texts = ["14155550199", "4155550199"]
    first, second = sealed(KEY, texts), sealed(KEY, texts)
    assert first != second
    assert all(one.isalpha() and one.islower() for one in first)
    data = np.frombuffer("".join(texts).encode(), np.uint8)
    places = np.array([0, 11]), np.array([11, 10])
    assert Fingerprints.of(KEY, first).may_hold(data, *places).all()
    assert Fingerprints.of(KEY, first).known.nonzero()[0].tolist() == (
        Fingerprints.of(KEY, second).known.nonzero()[0].tolist()
    )
    other = PrivacyKey(b"o" * 32)
    assert not Fingerprints.of(other, first).may_hold(data, *places).any()
    assert set(fingerprints(other, data, *places)).isdisjoint(fingerprints(KEY, data, *places))


def test_reading_them_imports_no_pandas() -> None:
    """Where pandas is installed its import takes 0.3 s, as long as to ingest ten thousand calls."""
    code = (
        "import sys; from batchlake.engine import columns; from batchlake.privacy.key import PrivacyKey; "
        "from batchlake.privacy.tombstones import Tombstones; from datetime import UTC, datetime; "
        "texts = {name: columns.texts([value]) for name, value in "
        "(('kind', '%s'), ('digest', 'd'), ('erasure_id', 'e'))}; "
        "times = columns.times([datetime.now(UTC)]); flags = columns.flags([False]); "
        "rows = columns.table({**texts, 'erased_at': times, 'for_good': flags}); "
        "Tombstones.of_table(PrivacyKey(b'k' * 32), rows); print('pandas' in sys.modules)"
    )
    for kind in ("number", "call"):
        told = subprocess.run([sys.executable, "-c", code % kind], capture_output=True, text=True, check=True)
        assert told.stdout == "False\n"

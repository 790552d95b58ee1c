"""Who was erased, as the lake's rows tell it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from batchlake.engine import columns
from batchlake.privacy.key import PrivacyKey
from batchlake.privacy.tombstones import Tombstones

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
        }
    )
    tombstones = Tombstones.of_table(KEY, rows)
    of_number = [(NOON + timedelta(hours=at), for_good) for one, at, for_good in erased if one == number]
    wanted = any(for_good or began is None or began <= erased_at for erased_at, for_good in of_number)
    assert tombstones.keeps_out(number, began) == wanted
    assert tombstones.is_erased_call("svalync", "c1")
    assert not tombstones.is_erased_call("svalync", "c2")
    sources, ids = ["retell", "svalync", "svalync", "svalync"], ["c1", None, "c1", "c2"]
    assert tombstones.erased_calls(sources, ids) == [2]


def test_reading_them_imports_no_pandas() -> None:
    """Where pandas is installed its import takes 0.3 s, as long as to ingest ten thousand calls."""
    code = (
        "import sys; from batchlake.engine import columns; from batchlake.privacy.key import PrivacyKey; "
        "from batchlake.privacy.tombstones import Tombstones; from datetime import UTC, datetime; "
        "texts = {name: columns.texts([value]) for name, value in (('kind', '%s'), ('digest', 'd'))}; "
        "times = columns.times([datetime.now(UTC)]); flags = columns.flags([False]); "
        "rows = columns.table({**texts, 'erased_at': times, 'for_good': flags}); "
        "Tombstones.of_table(PrivacyKey(b'k' * 32), rows); print('pandas' in sys.modules)"
    )
    for kind in ("number", "call"):
        told = subprocess.run([sys.executable, "-c", code % kind], capture_output=True, text=True, check=True)
        assert told.stdout == "False\n"

"""What the gate's parts do by themselves; who comes in is in `tests/erasure/test_return.py`."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from batchlake.engine import columns
from batchlake.ingest.load.gate import in_order_of

_PLACES = st.tuples(st.integers(1, 3), st.integers(1, 5))


@given(
    st.lists(_PLACES, unique=True, max_size=8).flatmap(
        lambda some: st.tuples(st.just(some), st.permutations(some))
    )
)
@example(([(1, 1), (1, 2), (2, 1)], [(2, 1), (1, 1), (1, 2)]))
def test_typed_rows_are_put_in_the_order_of_their_records(
    given_rows: tuple[list[tuple[int, int]], list[tuple[int, int]]],
) -> None:
    """Whatever order a join gives them in, each record is judged by its own row."""
    records, typed = (
        columns.table(
            {
                "export_no": columns.integers([export for export, _ in rows]),
                "record": columns.integers([record for _, record in rows]),
                "identity": columns.texts([f"call_{export}_{record}" for export, record in rows]),
            }
        )
        for rows in given_rows
    )
    assert in_order_of(records, typed).to_pydict() == records.to_pydict()

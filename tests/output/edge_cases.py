"""A result with hard types, and the files it makes: `python -m tests.output.edge_cases` rewrites them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from batchlake.engine.engine import Engine
from batchlake.output.formats import ROW_FORMATS
from batchlake.output.rows import write_rows
from batchlake.query.result import Result

GOLDEN: Final = Path(__file__).parent.parent / "golden"

QUERY: Final = r"""
select * from (values
  (
    1, 'plain', true, 0.1::double, 12.5::decimal(18,6), timestamptz '2024-01-01 13:00:00.500+01',
    timestamp '2024-01-01 12:00:00', date '2024-02-29', time '23:59:59.25', interval '1 day 3.5 seconds',
    [1.50::decimal(4,2), null], {'a': 'x', 'b': [timestamptz '2024-01-01 00:00:00+00']},
    map {'k': 1.25::decimal(9,3)}, 170141183460469231731687303715884105727::hugeint,
    uuid 'a1b2c3d4-0000-0000-0000-000000000001', '\x00\xFF'::blob
  ),
  (
    2, E'quotes " and \' and ` and \\', false, 'nan'::double, -0.1234::decimal(18,6),
    timestamptz '1969-12-31 23:59:59.999999+00', timestamp '0001-01-01 00:00:00', date '9999-12-31',
    time '00:00:00', interval '-1 second', [], {'a': null, 'b': []}, map {}, 0::hugeint, null, ''::blob
  ),
  (
    3, E'two\nlines\r\nand a\ttab, a comma; and a | pipe', null, 'infinity'::double, 0::decimal(18,6),
    timestamptz '2024-06-01 12:00:00+00', null, date '1900-01-01', null, null, null, null, null, -1::hugeint,
    null, null
  ),
  (
    4, '日本語 😀 👩‍👩‍👧 é <b>&amp;</b> [x](y) *z*', null, 1e300::double,
    999999999999.999999::decimal(18,6), null, null, null, null, null, null, null, null, null, null, null
  ),
  (
    5, '=1+1', null, -0.0::double, null, null, null, null, null, null, null, null, null, null, null, null
  ),
  (
    6, '', null, null, null, null, null, null, null, null, null, null, null, null, null, null
  ),
  (
    7, repeat('0123456789', 1000), null, null, null, null, null, null, null, null, null, null, null, null,
    null, null
  ),
  (
    8, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
  ),
  (
    9, concat(' ', chr(27), '[31mred', chr(27), '[0m ', chr(8238), 'back '), null, null, null, null, null,
    null, null, null, null, null, null, null, null, null
  )
) as hard (
  number, text, flag, float, money, moment, naive, day, clock, length, list, struct, map, huge, id, bytes
)
"""


def written(row_format: str, *, excel_safe: bool = False) -> bytes:
    """The rows in one format."""
    file = io.BytesIO()
    query = f"select * exclude (length) from ({QUERY})" if row_format == "parquet" else QUERY
    with Engine() as engine:
        write_rows(Result(engine, query), row_format, file, excel_safe=excel_safe)
    return file.getvalue()


if __name__ == "__main__":
    for name in ROW_FORMATS:
        (GOLDEN / f"hard.{name}").write_bytes(written(name))
    (GOLDEN / "hard.excel_safe.csv").write_bytes(written("csv", excel_safe=True))

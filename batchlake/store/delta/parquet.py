"""How the lake's Parquet files are encoded: settings for its two writers, delta-rs and pyarrow, that agree.

Values that repeat are dictionary-encoded, Parquet's default. Its usual limit of 1 MB doesn't hold the
utterances of a row group; a larger one makes them a tenth smaller. Values that rarely repeat are encoded as
differences from the row before: times, links and digests take half the space.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batchlake.schema import TABLES

if TYPE_CHECKING:
    from deltalake import WriterProperties

ROW_GROUP_ROWS: Final = 65_536

FILE_BYTES: Final = 4 * 1024 * 1024
"""Target size of a file. To replace one batch is to rewrite the file that holds it: in a lake of 10 million
calls that takes 0.5 s, and took 1.6 s with files of 13 MB. More of them barely slow a question."""

_COMPRESSION_LEVEL: Final = 3
_DICTIONARY_BYTES: Final = 8 * 1024 * 1024

_UNIQUE_TEXTS: Final = frozenset({"recording_url", "transcript_digest"})


def delta_options(table: str) -> WriterProperties:
    """Settings for delta-rs."""
    from deltalake import ColumnProperties, WriterProperties

    return WriterProperties(
        compression="ZSTD",
        compression_level=_COMPRESSION_LEVEL,
        max_row_group_size=ROW_GROUP_ROWS,
        dictionary_page_size_limit=_DICTIONARY_BYTES,
        column_properties={
            name: ColumnProperties(dictionary_enabled=False, encoding=encoding)  # type: ignore[arg-type]
            for name, encoding in _differences(table).items()
        },
    )


def pyarrow_options(table: str) -> dict[str, Any]:
    """Settings for pyarrow's `ParquetWriter`."""
    encodings = _differences(table)
    return {
        "compression": "zstd",
        "compression_level": _COMPRESSION_LEVEL,
        "dictionary_pagesize_limit": _DICTIONARY_BYTES,
        "use_dictionary": [name for name in TABLES[table].column_names() if name not in encodings],
        "column_encoding": encodings,
    }


def _differences(table: str) -> dict[str, str]:
    """The encodings of the columns that are written as differences."""
    unique = _UNIQUE_TEXTS | ({"call_id"} if table == "calls" else frozenset())
    return {
        column.name: "DELTA_BYTE_ARRAY" if column.name in unique else "DELTA_BINARY_PACKED"
        for column in TABLES[table].columns
        if column.name in unique or column.name == "position" or column.type == "TIMESTAMPTZ"
    }

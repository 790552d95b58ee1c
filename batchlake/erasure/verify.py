"""Reads every byte of a lake, of its landing and of what batchlake keeps on this machine, for erased values.

Input: what is looked for, by value or by digest. Output: a `Verification`: what was read, every hit with its
place, and a digest of the state that it holds for. Nothing is believed: files are found by listing, and read
raw and decoded, dictionaries as such.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from batchlake.engine import columns
from batchlake.erasure.landed.landing import BODY, landed_files
from batchlake.erasure.landed.records import IsCall, RecordCleaner
from batchlake.erasure.local import bug_reports, history_file
from batchlake.erasure.rows import NUMBER_COLUMNS, over_turns_of
from batchlake.privacy.errors import NothingToForget
from batchlake.privacy.finder import Finder
from batchlake.privacy.key import key_of_lake, read_policy
from batchlake.privacy.numbers import keys_of
from batchlake.privacy.tombstones import Tombstones
from batchlake.schema import SEGMENTS
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger
from batchlake.store.storage import Storage

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

By = Literal["value", "digest", "rules"]

_RAW: Final = "raw bytes"
_NAME: Final = "file name"
_TURNS: Final = "text, over turns"


@dataclass(frozen=True, slots=True)
class Hit:
    """Where something was found: a file, a column or `raw bytes`, and how often. Never what."""

    place: str
    column: str
    count: int


@dataclass(slots=True)
class Verification:
    """What was read and found.

    Attributes:
        by: `value`, which finds everything that was named; `digest`, which finds numbers and calls; `rules`,
            which finds what a redacted lake may not hold.
        files, bytes, strings: how much was read.
        hits: none is the proof.
        state_digest: SHA-256 over the names and SHA-256 of all of the lake's files, in order.
    """

    by: By
    files: int = 0
    bytes: int = 0
    strings: int = 0
    hits: list[Hit] = field(default_factory=list)
    state_digest: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.hits


def verify(
    storage: Storage,
    landing: Path | None,
    finder: Finder,
    is_call: IsCall,
    by: By,
) -> Verification:
    """Look everywhere."""
    return _Search(finder, is_call, by).execute(storage, landing)


def verify_again(
    lake: LakeTables, landing: Path | None, values: tuple[str, ...] = (), region: str | None = None
) -> Verification:
    """Search the lake for everybody who was ever erased, by digest; for `values` by value."""
    if values:
        keys: frozenset[str] = frozenset()
        for value in values:
            if sum(character.isdecimal() for character in value) >= len(value) / 2:
                keys |= keys_of(value, region)
        return verify(
            lake.storage, landing, Finder.of_values(keys, frozenset(), values), lambda *_: False, "value"
        )
    Ledger(lake).newest()
    policy = read_policy(lake.storage)
    if not policy.get("key_id"):
        raise NothingToForget
    tombstones = Tombstones.read(lake, key_of_lake(lake.storage, policy))
    return verify(lake.storage, landing, tombstones.finder(), tombstones.is_erased_call, "digest")


def files_with_hits(paths: list[Path], finder: Finder, is_call: IsCall) -> list[str]:
    """Which files (of folders: all in them) hold something, unpacked where they are in gzip or Zstandard."""
    found = []
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                search = _Search(finder, is_call, "value")
                search.read_file(str(file), file.read_bytes())
                if search.found:
                    found.append(str(file))
    return found


class _Search:
    """One search, with what it has found so far."""

    def __init__(self, finder: Finder, is_call: IsCall, by: By) -> None:
        self._finder = finder
        self._is_call = is_call
        self._result = Verification(by)
        self.found: Counter[tuple[str, str]] = Counter()

    def execute(self, storage: Storage, landing: Path | None) -> Verification:
        """Search the lake, the landing and this machine."""
        state = hashlib.sha256()
        for path in sorted(storage.everything()):
            try:
                data = storage.content(path)
            except FileNotFoundError:
                continue
            state.update(f"{path} {hashlib.sha256(data).hexdigest()}\n".encode())
            self.read_file(path, data)
        for file in landed_files(landing) if landing else ():
            name = file.relative_to(landing) if landing else file
            source = name.parts[0] if file.name.endswith(BODY) else None
            self.read_file(f"landing/{name.as_posix()}", file.read_bytes(), source)
        for file in (history_file(), *bug_reports()):
            if file.is_file():
                kind = "console history" if file == history_file() else "bug report"
                self.read_file(kind, file.read_bytes())
        result = self._result
        result.hits = [Hit(place, column, count) for (place, column), count in sorted(self.found.items())]
        result.state_digest = state.hexdigest()
        return result

    def read_file(self, place: str, data: bytes, source: str | None = None) -> None:
        """Search one file: its name, its bytes, what it unpacks to, and every string in it."""
        result = self._result
        result.files += 1
        result.bytes += len(data)
        shown = place
        if self._finder.finds(place):
            # The place of a hit is shown to people: a name that is one isn't.
            shown = self._finder.erased(place)
            self._note(shown, _NAME, 1)
        self._note(shown, _RAW, self._finder.hits_in_bytes(data))
        if data[:4] == b"PAR1":
            self._read_parquet(shown, data)
            return
        for unpacked in _unpacked(place, data):
            if unpacked is not data:
                result.bytes += len(unpacked)
                self._note(shown, _RAW, self._finder.hits_in_bytes(unpacked))
            self._read_text(shown, unpacked, source)

    def _note(self, place: str, column: str, count: int) -> None:
        if count:
            self.found[place, column] += count

    def _read_text(self, place: str, data: bytes, source: str | None) -> None:
        if data[:16] == b"SQLite format 3\x00":
            texts = [part.decode("utf-8", "replace") for part in data.split(b"\x00") if part]
            self._search_texts(place, _RAW, texts)
            return
        documents = []
        for line in data.split(b"\n") if b"\n{" in data else [data]:
            try:
                documents.append(json.loads(line, parse_int=str, parse_float=str))
            except (ValueError, RecursionError):
                self._search_texts(place, "text", [line.decode("utf-8", "replace")])
        for document in documents:
            self._search_texts(place, "JSON", list(_strings(document)))
            if source is not None and isinstance(document, dict | list):
                cleaner = RecordCleaner(self._finder, self._is_call)
                body = json.dumps(document).encode()
                if cleaner.body(source, body)[1]:
                    self._note(place, "record of an erased call", 1)

    def _search_texts(self, place: str, column: str, texts: list[str]) -> None:
        self._result.strings += len(texts)
        array = columns.texts([text.encode("utf-8", "replace").decode() for text in texts])
        count = sum(self._finder.finds(texts[at]) for at in self._finder.candidates(array).tolist())
        self._note(place, column, count)

    def _read_parquet(self, place: str, data: bytes) -> None:
        import pyarrow.parquet as pq

        file = pq.ParquetFile(BytesIO(data))
        texts = _with_dictionaries(file)
        # A dictionary may hold what no row refers to.
        file = pq.ParquetFile(BytesIO(data), read_dictionary=texts)
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group)
            for name, column in _leaves(rows):
                self._search_column(place, name, column)
            self._search_ids(place, rows)
        if set(SEGMENTS.key) | {"speaker", "text"} <= set(file.schema_arrow.names):
            said = columns.plain(file.read()).combine_chunks()
            self._note(place, _TURNS, len(over_turns_of(said, self._finder)))

    def _search_column(self, place: str, name: str, column: pa.ChunkedArray) -> None:
        import pyarrow as pa

        for chunk in column.chunks:
            values = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
            self._result.strings += len(values)
            for at in self._finder.candidates(values).tolist():
                text = values[at].as_py()
                if text is not None and self._finder.finds(text):
                    self._note(place, name, 1)
            if name in NUMBER_COLUMNS:
                for number in values.to_pylist():
                    if number and self._finder.is_whole(number) and not self._finder.finds(number):
                        self._note(place, name, 1)

    def _search_ids(self, place: str, rows: pa.Table) -> None:
        if not {"source", "call_id"} <= set(rows.column_names):
            return
        pairs = set(zip(rows["source"].to_pylist(), rows["call_id"].to_pylist(), strict=True))
        self._note(
            place,
            "call_id",
            sum(1 for source, one in pairs if one is not None and self._is_call(source, one)),
        )


def _with_dictionaries(file: ParquetFile) -> list[str]:
    """The columns of text that have a dictionary, and can be read with it."""
    metadata = file.metadata
    found = []
    for at, name in enumerate(metadata.schema.names):
        chunks = [metadata.row_group(group).column(at) for group in range(metadata.num_row_groups)]
        encodings = {encoding for chunk in chunks for encoding in chunk.encodings}
        column = metadata.schema.column(at)
        is_plain_text = column.physical_type == "BYTE_ARRAY" and column.path == name
        has_dictionary = any(chunk.has_dictionary_page for chunk in chunks)
        if is_plain_text and has_dictionary and "DELTA_BYTE_ARRAY" not in encodings:
            found.append(name)
    return found


def _leaves(rows: pa.Table) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """Every column of text, those inside structures, lists and maps too."""
    import pyarrow as pa

    for name, column in zip(rows.column_names, rows.columns, strict=True):
        kind = column.type
        if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
            yield name, column
        elif pa.types.is_struct(kind):
            inner = pa.Table.from_arrays(column.flatten(), [f"{name}.{part.name}" for part in kind])
            yield from _leaves(inner)
        elif pa.types.is_map(kind):
            for part, values in (("key", "keys"), ("value", "items")):
                arrays = [getattr(chunk, values) for chunk in column.chunks]
                yield from _leaves(
                    pa.table(
                        {
                            f"{name}.{part}": pa.chunked_array(
                                arrays, getattr(kind, f"{part if part == 'key' else 'item'}_type")
                            )
                        }
                    )
                )
        elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
            arrays = [chunk.values for chunk in column.chunks]
            yield from _leaves(pa.table({f"{name}.item": pa.chunked_array(arrays, kind.value_type)}))


def _unpacked(place: str, data: bytes) -> Iterator[bytes]:
    if place.endswith(BODY) or data[:2] == b"\x1f\x8b":
        try:
            yield gzip.decompress(data)
        except (OSError, EOFError):
            yield data
    elif data[:4] == b"\x28\xb5\x2f\xfd":
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(data) as stream:
            yield stream.read()
    else:
        yield data


def _strings(value: Any) -> Iterator[str]:
    """Every string of a document: keys, values, bare numbers, and those of JSON texts in it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif isinstance(value, str):
        if value[:1] in ("{", "["):
            try:
                yield from _strings(json.loads(value, parse_int=str, parse_float=str))
            except (ValueError, RecursionError):
                yield value
            return
        yield value

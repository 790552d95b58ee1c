"""Reads every byte of a lake, of its landing and of what batchlake keeps on this machine, for erased values.

Input: what is looked for, by value or by digest. Output: a `Verification`: what was read, every hit with its
place, and a digest of the state that it holds for. Nothing is believed: files are found by listing, and read
raw and decoded, dictionaries as such; but for those whose every byte is what the same search has read before.
"""

from __future__ import annotations

import codecs
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Literal

from batchlake.engine import columns
from batchlake.engine.engine import Engine
from batchlake.erasure.landed.landing import BODY, landed_files
from batchlake.erasure.landed.records import RecordCleaner
from batchlake.erasure.local import bug_reports, history_file
from batchlake.erasure.search.packed import unpacked
from batchlake.erasure.search.parquet import TURNS, Wanted, search_parquet
from batchlake.erasure.search.threads import at_once
from batchlake.erasure.targets import pseudonyms_of_numbers, pseudonyms_of_values, refuse_empty
from batchlake.ingest.find.archives import UnpackError
from batchlake.privacy.errors import NothingToForget
from batchlake.privacy.finder import Finder
from batchlake.privacy.json_numbers import decoded
from batchlake.privacy.key import key_of_lake, read_policy
from batchlake.privacy.numbers import keys_of
from batchlake.privacy.speech import words_together
from batchlake.privacy.tombstones import Tombstones
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger
from batchlake.store.storage import Storage

By = Literal["value", "digest", "rules"]

_RAW: Final = "raw bytes"
_NAME: Final = "file name"
UNREADABLE: Final = "can't be unpacked"
"""Stands in the place of a column for a file in which the search could not look."""

_OPAQUE: Final = (b"%PDF-", b"7z\xbc\xaf", b"Rar!", b"\xd0\xcf\x11\xe0")
"""How files begin whose texts are packed in ways that aren't read here: PDF, 7z, RAR, office before 2007."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Where something was found: a file, a column or `raw bytes`, and how often. Never what.

    A damaged file counts as a hit with `UNREADABLE` for its column: nobody knows what it holds.
    """

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
    storage: Storage, landing: Path | None, wanted: Wanted, by: By, clean: Mapping[bytes, int] | None = None
) -> Verification:
    """Look everywhere.

    Args:
        storage: the lake's.
        landing: the folder of landed files.
        wanted: what is looked for.
        by: how it is found.
        clean: how many strings a file has that was searched for the same just now and holds nothing, by the
            SHA-256 of its bytes. Of a file with these bytes the name alone is searched.
    """
    return _Search(wanted, by, clean).execute(storage, landing)


def verify_again(
    lake: LakeTables, landing: Path | None, values: tuple[str, ...] = (), region: str | None = None
) -> Verification:
    """Search the lake for everybody who was ever erased, by digest; for `values` by value.

    Raises:
        InvalidRequest: a value is empty, or a number needs a region.
        NothingToForget: nobody was erased, and no value is given.
        LakeNotFound, PrivacyKeyMissing, WrongPrivacyKey: nothing can be looked for.
    """
    refuse_empty(values)
    policy = read_policy(lake.storage)
    if values:
        keys: frozenset[str] = frozenset()
        for value in values:
            if sum(character.isdecimal() for character in value) >= len(value) / 2:
                keys |= keys_of(value, region)
        if policy.get("redact") and policy.get("key_id"):
            key = key_of_lake(lake.storage, policy)
            keys, values = keys | pseudonyms_of_numbers(key, keys), values + pseudonyms_of_values(key, values)
        named = Wanted(Finder.of_values(keys, frozenset(), values), lambda *_: False, frozenset())
        return verify(lake.storage, landing, named, "value")
    with Engine(lake.storage.name) as engine:
        ledger = Ledger(lake, engine)
        ledger.newest()
        if not policy.get("key_id"):
            raise NothingToForget(
                "nobody was erased from this lake. Give --value to look for something else."
            )
        tombstones = Tombstones.read(lake, key_of_lake(lake.storage, policy), ledger)
    return verify(lake.storage, landing, Wanted(tombstones.finder(), tombstones.is_erased_call), "digest")


def files_with_hits(paths: Iterable[Path], wanted: Wanted) -> tuple[list[str], list[str]]:
    """Which files (of folders: all in them) hold something, packed or not; and which can't be read whole."""
    found, unread = [], []
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if not file.is_file():
                continue
            search = _Search(wanted, "value")
            try:
                search.read_file(str(file), file.read_bytes())
            except OSError:
                unread.append(str(file))
            columns_hit = {column for _, column in search.found}
            if UNREADABLE in columns_hit:
                unread.append(str(file))
            if columns_hit - {UNREADABLE}:
                found.append(str(file))
    return found, unread


class _Search:
    """One search, with what it has found so far."""

    def __init__(self, wanted: Wanted, by: By, clean: Mapping[bytes, int] | None = None) -> None:
        self._wanted = wanted
        self._clean = clean or {}
        self._finder = wanted.finder
        self._by = by
        self._result = Verification(by)
        self.found: Counter[tuple[str, str]] = Counter()

    def execute(self, storage: Storage, landing: Path | None) -> Verification:
        """Search the lake, the landing and this machine."""
        state = hashlib.sha256()

        def read(path: str) -> tuple[str, _Search] | None:
            try:
                data = storage.content(path)
            except FileNotFoundError:
                return None
            search = _Search(self._wanted, self._by, self._clean)
            digest = hashlib.sha256(data)
            search.read_file(path, data, digest=digest.digest())
            return f"{path} {digest.hexdigest()}\n", search

        for one in at_once(read, sorted(storage.everything())):
            if one is not None:
                state.update(one[0].encode())
                self._add(one[1])
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

    def _add(self, other: _Search) -> None:
        self.found.update(other.found)
        self._result.files += other._result.files
        self._result.bytes += other._result.bytes
        self._result.strings += other._result.strings

    def read_file(self, place: str, data: bytes, source: str | None = None, digest: bytes = b"") -> None:
        """Search one file: its name, its bytes, what it unpacks to, and every string in it.

        Args:
            place: its name.
            data: its bytes.
            source: the source of landed records.
            digest: SHA-256 of the bytes, where they may have been searched already.
        """
        result = self._result
        result.files += 1
        result.bytes += len(data)
        shown = place
        if self._finder.finds(place):
            # The place of a hit is shown to people: a name that is one isn't.
            shown = self._finder.erased(place)
            self._note(shown, _NAME, 1)
        if (strings := self._clean.get(digest)) is not None:
            result.strings += strings
            return
        self._note(shown, _RAW, self._finder.hits_in_bytes(data))
        is_packed = False
        try:
            for name, inner in unpacked(data):
                is_packed = True
                result.bytes += len(inner)
                self._note(shown, _NAME, int(self._finder.finds(name)))
                self._note(shown, _RAW, self._finder.hits_in_bytes(inner))
                self._read_content(shown, inner, source)
        except UnpackError:
            self._note(shown, UNREADABLE, 1)
        else:
            if not is_packed:
                self._read_content(shown, data, source)

    def _read_content(self, place: str, data: bytes, source: str | None) -> None:
        if data.startswith(_OPAQUE):
            self._note(place, UNREADABLE, 1)
        if data[:4] == b"PAR1":
            self._read_parquet(place, data)
        else:
            self._read_text(place, data, source)

    def _read_parquet(self, place: str, data: bytes) -> None:
        import pyarrow as pa

        try:
            found = search_parquet(BytesIO(data), self._wanted)
        except (pa.ArrowException, OSError):
            self._note(place, UNREADABLE, 1)
            return
        self._result.strings += found.strings
        for column, count in found.hits.items():
            self._note(place, column, count)

    def _note(self, place: str, column: str, count: int) -> None:
        if count:
            self.found[place, column] += count

    def _read_text(self, place: str, data: bytes, source: str | None) -> None:
        if data[:16] == b"SQLite format 3\x00":
            texts = [part.decode("utf-8", "replace") for part in data.split(b"\x00") if part]
            self._search_texts(place, _RAW, texts)
            return
        if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            data = data.decode("utf-16", "replace").encode("utf-8", "replace")
        documents = []
        for line in data.split(b"\n") if b"\n{" in data else [data]:
            try:
                documents.append(decoded(line))
            except ValueError:
                self._search_texts(place, "text", [line.decode("utf-8", "replace")])
        for document in documents:
            self._search_texts(place, "JSON", list(_strings(document)))
            if source is not None and isinstance(document, dict | list):
                cleaner = RecordCleaner(self._finder, self._wanted.is_call)
                body = json.dumps(document).encode()
                cleaned, removed = cleaner.body(source, body)
                if removed:
                    self._note(place, "record of an erased call", 1)
                elif cleaned is not body and (place, "JSON") not in self.found:
                    self._note(place, TURNS, 1)

    def _search_texts(self, place: str, column: str, texts: list[str]) -> None:
        self._result.strings += len(texts)
        array = columns.texts([text.encode("utf-8", "replace").decode() for text in texts])
        count = sum(self._finder.finds(texts[at]) for at in self._finder.candidates(array).tolist())
        self._note(place, column, count)


def _strings(value: Any) -> Iterator[str]:
    """Every string of a document: keys, values, bare numbers, and those of JSON texts in it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
        yield words_together(value)
    elif isinstance(value, str):
        if value[:1] in ("{", "["):
            try:
                yield from _strings(decoded(value))
            except (ValueError, RecursionError):
                yield value
            return
        yield value

"""What is read to find somebody: every file once, and of its texts those that may hold something."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import batchlake
from batchlake.erasure import rewrite
from batchlake.erasure.rows import over_turns_of
from batchlake.erasure.search.parquet import Wanted, search_parquet
from batchlake.erasure.search.tables import search_tables
from batchlake.erasure.verify import verify
from batchlake.privacy.finder import Finder
from batchlake.privacy.numbers import keys_of
from batchlake.privacy.speech import is_part, over_turns
from batchlake.store.delta.tables import LakeTables
from tests.effort import EVERYTHING
from tests.erasure.people import NUMBER, call, write_export_of

_DIGITS = "14155550199"
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@st.composite
def parts_of_a_number(draw: st.DrawFn) -> list[str]:
    """A number in pieces, written or spoken, some with other digits before or after it."""
    cuts = sorted(draw(st.sets(st.integers(1, 10), min_size=1, max_size=4)))
    pieces = [_DIGITS[start:end] for start, end in zip([0, *cuts], [*cuts, 11], strict=True)]
    if draw(st.booleans()):
        pieces[0] = draw(st.sampled_from(["987 ", "98 ", "ok "])) + pieces[0]
    if draw(st.booleans()):
        pieces[-1] += draw(st.sampled_from([" 77", " 776", " ok bye"]))
    spoken = draw(st.booleans())
    return [" ".join(_WORDS[int(one)] if one.isdigit() else one for one in piece.split(" ") for one in
            (piece if piece.isdigit() else piece.split(" "))) if spoken and piece.isdigit() else piece
            for piece in pieces]  # fmt: skip


noise = st.sampled_from(["mhm", "471 133", "one two three", "555 01", "call 12345", "155", "0199 ok"])


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["ai", "human"]), st.one_of(
            noise.map(lambda one: [one]), parts_of_a_number())),
        max_size=6,
    )
)  # fmt: skip
def test_numbers_over_turns_are_those_that_reading_each_text_finds(
    said: list[tuple[str, str, list[str]]],
) -> None:
    """Which utterances are read follows from sieves; what is found is what reading every one finds."""
    rows = [
        {"source": "s", "call_id": call_id, "speaker": speaker, "text": text}
        for call_id, speaker, texts in said
        for text in texts
    ]
    table = pa.Table.from_pylist(
        [row | {"position": at} for at, row in enumerate(rows)],
        pa.schema([("source", "string"), ("call_id", "string"), ("speaker", "string"), ("text", "string"),
                   ("position", "int64")]),
    )  # fmt: skip
    keys = keys_of(NUMBER)
    parts: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for at, row in enumerate(rows):
        if is_part(row["text"]):
            parts[row["call_id"], row["speaker"]].append((at, row["text"]))
    wanted = {
        found[place][0]
        for found in parts.values()
        for place in over_turns([text for _, text in found], keys.__contains__)
    }

    by_value = Finder.of_values(keys, frozenset(), ())
    assert over_turns_of(table, by_value) == wanted
    picked = by_value.parts(table["text"])
    among = over_turns_of(table.take(picked), by_value, are_parts=True)
    assert {int(picked[place]) for place in among} == wanted
    assert over_turns_of(table, Finder(keys.__contains__)) == wanted


@pytest.mark.parametrize(
    ("value", "is_found"),
    [
        ("+14155550199", True), ("tel:4155550199", True), ("4 1 5 - 5 5 5 - 0 1 9 9", True),
        ("４１５５５５０１９９", True), ("14155550199.0", True), ("whatsapp:+14155550199", True),
        ("'+1 415_555_0199", True),
        ("+4155550198", False), ("anonymous", False), ("12345", True), (None, False),
    ],
)  # fmt: skip
def test_whole_numbers_are_found_in_a_column_in_any_spelling(value: str | None, is_found: bool) -> None:
    """An expression looks through a column of numbers first, and keeps what is one, also short ones."""
    column = pa.array([*(f"+4930{at:06}" for at in range(20)), value])
    finder = Finder.of_values(keys_of(NUMBER) | keys_of("12345"), frozenset(), ())

    found = [
        at for at in finder.whole_candidates(column).tolist() if finder.is_whole(column[at].as_py() or "")
    ]

    assert found == ([20] if is_found else [])


@pytest.mark.parametrize(
    ("given_number", "meant"),
    [
        ("four one five, double five five, zero one nine nine", NUMBER),
        ("+1 four one five five five five oh one nine nine", NUMBER),
        ("vier eins fünf fünf fünf fünf null eins neun neun", NUMBER),
    ],
)
def test_a_number_to_forget_may_be_given_in_words(given_number: str, meant: str) -> None:
    """As somebody says it; an address, a pseudonym and an extension stay what they are."""
    assert keys_of(given_number, "US") == keys_of(meant)
    for other in ("tel_0123456789abcdef", "4155550199 ext 12", "one two three"):
        assert keys_of(other) == {other}


def test_a_value_of_several_words_is_found_with_any_white_space(tmp_path: Path) -> None:
    """Blanks of a name may be several, of any kind, or a `+` in a link, in a column of many texts, too; JSON
    texts and links hold them, and letters with accents, escaped; one of many values is found alike."""
    spelled = [
        "ask JÜRGEN\n  GROSS", "Jürgen\u00a0Groß", "Ju\u0308rgen Groß", "https://x/?n=J%C3%BCrgen+Gro%C3%9F",
        r'{"n":"J\u00fcrgen Gro\u00df"}', r'{"n":"ask\nJürgen\nGroß"}', r'"{\"n\":\"ask\\nJürgen\\tGroß\"}"',
    ]  # fmt: skip
    spelled += ["tell Ann O’Hara-Berg", r'{"n":"Ann O\u0027Hara\u2011Berg"}', "ann o'hara–berg's"]
    texts = [*(f"nothing {at}" for at in range(50)), "Jürgengroß", "Jürgen", "Ann O", *spelled]
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    for others in ([], [f"Nobody {at}" for at in range(40)], [f"Nobody {at}" for at in range(2_001)]):
        finder = Finder.of_values(frozenset(), frozenset(), ("Jürgen Groß", "Ann O‘Hara-Berg", *others))
        wanted = Wanted(finder, lambda *_: False, frozenset())

        assert dict(search_parquet(str(tmp_path / "a.parquet"), wanted).hits) == {"text": len(spelled)}


def test_a_file_of_any_kind_in_the_lakes_folder_is_looked_into(tmp_path: Path) -> None:
    """A report that somebody wrote there: packed, a workbook, UTF-16, bytes for texts."""
    text = f"Ann Smith,{NUMBER}\n"
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "b.csv").write_bytes(text.encode("utf-16"))
    with zipfile.ZipFile(tmp_path / "c.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", text)
    pq.write_table(pa.table({"bytes": [text.encode(), None, b"\xff"]}), tmp_path / "d.parquet")
    words = json.dumps(
        {"words": [{"word": one, "end": 1.5} for one in ("Ann", "Smith", "415", "555", "0199")]}
    )
    pq.write_table(pa.table({"extra": [words, None]}), tmp_path / "words.parquet")
    (tmp_path / "g.pdf").write_bytes(b"%PDF-1.7 ...")
    (tmp_path / "e.gz").write_bytes(gzip.compress(b"nothing"))
    (tmp_path / "f.gz").write_bytes(gzip.compress(text.encode())[:-9])
    wanted = Wanted(Finder.of_values(frozenset(), frozenset(), ("Ann Smith",)), lambda *_: False, frozenset())
    for by in (wanted, Wanted(Finder(keys_of(NUMBER).__contains__), lambda *_: False)):
        found = verify(LakeTables(tmp_path).storage, None, by, "value").hits
        places = ["a.csv.gz", "b.csv", "c.xlsx", "d.parquet", "f.gz", "g.pdf", "words.parquet"]
        assert sorted({hit.place for hit in found}) == places
        assert {hit.column for hit in found if hit.place in ("f.gz", "g.pdf")} == {"can't be unpacked"}


def test_files_that_hold_nothing_are_not_read_to_be_rewritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several ingests' files the erasure of one call decodes and rewrites those that hold it."""
    lake = batchlake.open(tmp_path / "lake")
    for at in range(10 if EVERYTHING else 3):
        given_calls = [call(at, to_number=NUMBER if at == 1 else f"+1415556{at:04}")]
        folder = tmp_path / f"exports{at}"
        path = write_export_of(folder, given_calls)
        path.write_text(path.read_text().replace("batch_b", f"batch_{at}"))
        lake.ingest(folder)
    read: list[str] = []
    plainly = rewrite.read_rows

    def read_rows(path: str, names: list[str] | None = None) -> pa.Table:
        read.append(path)
        return plainly(path, names)

    monkeypatch.setattr(rewrite, "read_rows", read_rows)
    report = lake.forget(numbers=[NUMBER], expect=1)

    assert report.rows == {"calls": 1, "segments": 2}
    assert report.left == []
    folders = [Path(path).parent.name for path in read]
    assert folders.count("calls") <= 2
    assert folders.count("segments") == 1


def test_a_file_is_searched_once_unless_a_byte_of_it_changes(planted_lake: batchlake.Lake) -> None:
    """The verification counts what reading all of it again counts; a file that was changed is read anew."""
    tables = LakeTables(planted_lake.root)
    nobody, hers = (
        Wanted(Finder.of_values(keys_of(number, None), frozenset(), ()), lambda *_: False, frozenset())
        for number in ("+442079460000", NUMBER)
    )
    pins = {name: tables.version(name) for name in ("calls", "segments", "batches")}
    searched = search_tables(tables, pins, nobody)
    assert len(searched.clean) == len(searched.held) >= 3
    assert not any(searched.held.values())
    shortened = verify(tables.storage, None, nobody, "value", searched.clean)
    assert shortened == verify(tables.storage, None, nobody, "value")
    assert shortened.is_clean

    found = search_tables(tables, pins, hers)
    assert found.held.keys() == searched.held.keys()
    assert len(found.clean) < len(found.held), "a file that holds something is searched again"
    (path,) = (Path(one) for one in tables.files("calls"))
    pq.write_table(pq.read_table(path).replace_schema_metadata({"note": "+442079460000"}), path)
    assert not verify(tables.storage, None, nobody, "value", searched.clean).is_clean

"""What `batchlake platforms EXPORT` says of exports: each field's column, odd files, nothing at all."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from batchlake.ingest.parse.fields import field_list
from batchlake.ingest.parse.parts import Columns
from batchlake.ingest.parse.platforms.recognition import RECOGNITION
from batchlake.ingest.recognised import fields_of_columns
from tests.command import run
from tests.ingest.platforms.traps import RETELL
from tests.lakes import write_export


def test_a_transcripts_field_is_the_one_it_was_read_from(tmp_path: Path) -> None:
    """Of the fields that may hold it each with its own number of records; what was not chosen is `extra`."""
    said = [{"role": "agent", "content": "Hi"}]
    calls = [
        RETELL | {"transcript_object": said, "transcript": "Agent: Hi"},
        RETELL | {"transcript": "Agent: Hi"},
        RETELL | {"transcript": "Agent: Ho"},
    ]
    answer = run("platforms", write_export(tmp_path, "a.json", calls), "--format", "json")
    rows = [row for row in json.loads(answer.stdout) if row["field"].startswith("transcript")]
    assert sorted((row["field"], row["column"], row["count"]) for row in rows) == [
        ("transcript", "extra", 1),
        ("transcript", "segments", 2),
        ("transcript_object", "segments", 1),
    ]


@pytest.mark.parametrize("name", RECOGNITION)
def test_every_field_has_its_place(name: str) -> None:
    """Each path of a platform gives columns or decides about others; what is kept is in `extra` once."""
    known = field_list(name)
    paths = [path for choice in known.choices for path in choice.paths]
    found = Columns(1, scalars={path: ["x"] for path in paths})
    kept = {path for choice in known.choices for path in choice.kept}
    told = {path: column.split(", ") for path, column, _, _ in fields_of_columns(known, found)}
    assert told.keys() == set(paths)
    assert {path for path, columns in told.items() if columns.count("extra") == 1} == kept


def test_odd_files_are_told(tmp_path: Path) -> None:
    """Text that is no JSON is a row with its code; an empty list is a note to people, `[]` to programs."""
    text = write_export(tmp_path, "a.json", "not json")
    (row,) = json.loads(run("platforms", text, "--format", "json").stdout)
    assert (row["platform"], row["column"]) == (None, "not_json")
    empty = write_export(tmp_path, "b.json", "[]")
    assert json.loads(run("platforms", empty, "--format", "json").stdout) == []
    shown = run("platforms", empty, "--format", "table")
    assert (shown.stdout, shown.returncode) == ("", 0)
    assert "no record" in shown.stderr
    assert run("platforms", tmp_path / "nowhere.json").returncode == 3


def test_broken_containers_are_told(tmp_path: Path) -> None:
    """A cut-off gzip and a zip archive that doesn't open are rows with their codes; the rest is shown."""
    packed = gzip.compress(b"".join(json.dumps(RETELL | {"call_id": f"c{n}"}).encode() for n in range(99)))
    write_export(tmp_path, "a.json.gz", packed[: len(packed) // 2])
    write_export(tmp_path, "b.zip", b"PK\x03\x04 and no more")
    write_export(tmp_path, "c.json", RETELL)
    for options, name in (((), "column"), (("--records",), "records")):
        answer = run("platforms", tmp_path, *options, "--format", "json")
        rows = json.loads(answer.stdout)
        assert {Path(row["location"]).name for row in rows if row[name] == "bad_archive"} == {
            "a.json.gz",
            "b.zip",
        }
        assert {Path(row["location"]).name for row in rows if row["platform"] == "retell"} == {"c.json"}

"""A lake with a person planted in every place, and a search for that person that shares no code with ours."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb

NUMBER = "+14155550199"
MAIL = "ann.smith@example.com"
NAME = "Ann Smith"

SPELLINGS = (
    "+14155550199",
    "(415) 555-0199",
    "0014155550199",
    "1-415-555-0199",
    "415.555.0199",
    "415 555 0199",
    "４１５５５５０１９９",
    "four one five, double five five, zero one nine nine",
    "4 one 5 five 5 five oh 1 double nine",
    "tel:+1-415-555-0199",
    "011 1 415 555 0199",
)
"""One number as people and platforms write it."""

UNTOUCHED = ("Press one", "2024-08-02", "order 471133", "1,250,000 dollars", "+49 4155 550199")


def call(number: int, **fields: Any) -> dict[str, Any]:
    """A call of the home platform."""
    return {
        "id": f"call_{number:03}",
        "status": "completed",
        "duration": 60 + number,
        "cost": "0.50",
        "direction": "outbound",
        "from_number": "+18005550000",
        "to_number": f"+1415556{number:04}",
        "start_time": f"2024-01-01T12:{number % 60:02}:10Z",
        "transcript": {"segments": said("Yes please")},
    } | fields


def said(*texts: str) -> list[dict[str, str]]:
    """Utterances: a question and an answer for each text."""
    found = []
    for text in texts:
        found += [{"speaker": "ai", "text": "mhm"}, {"speaker": "human", "text": text}]
    return found


def planted() -> dict[str, Any]:
    """A batch in which two calls are the person's, and most others mention them, each in another place."""
    calls = [
        call(0, to_number=NUMBER, summary=f"{NAME} wants a call at {MAIL}"),
        call(1, direction="inbound", from_number="415-555-0199", to_number="+18005550000"),
        *(
            call(10 + at, transcript={"segments": said(f"my number is {spelled} thanks", "Yes please")})
            for at, spelled in enumerate(SPELLINGS)
        ),
        call(30, transcript={"segments": said("it's four one five", "double five five", "0199 ok", "bye")}),
        call(31, summary=f"same as call_000, ask {NAME.upper()} or {MAIL}"),
        call(
            32, customer={"deep": {"+1 415 555 0199": {"n": 14155550199}}, "ok": 1.50, "name": "ann  smith"}
        ),
        call(33, recording_url="https://x.example/r?to=%2B14155550199&z=1"),
        call(34, agent_name=f"for {NUMBER}"),
        *(call(40 + at, summary=text) for at, text in enumerate(UNTOUCHED)),
    ]
    return {
        "batch": {
            "id": "batch_1",
            "status": "completed",
            "created_at": "2024-01-01T12:00:00Z",
            "note": f"calls {NUMBER}, that is call_001",
            "calls": calls,
        }
    }


def write_planted(folder: Path) -> Path:
    """The export, and beside it what can't be used and names the person."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a-batch.json").write_text(json.dumps(planted(), ensure_ascii=False))
    (folder / f"export-of-{NUMBER}.ndjson").write_text(
        json.dumps({"call": call(60)}) + "\n"
        + json.dumps({"call": {"status": "completed", "to_number": NUMBER, "note": NAME}}) + "\n"
        + '{"call": {"id": "call_061", "to_number": "+14155550199", "cut\n'
    )  # fmt: skip
    return folder


def everything(*folders: Path) -> dict[str, str]:
    """All text of all files, raw, unpacked and decoded, by file: found by DuckDB and Python alone."""
    found: dict[str, str] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            data = path.read_bytes()
            texts = [path.name, data.decode("utf-8", "replace")]
            if path.suffix == ".gz":
                texts.append(gzip.decompress(data).decode("utf-8", "replace"))
            if data[:4] == b"PAR1":
                rows = duckdb.sql(f"select * from read_parquet('{path}')").fetchall()
                texts += [repr(row) for row in rows]
            found[str(path)] = "\n".join(texts)
    return found


def traces(values: tuple[str, ...], *folders: Path) -> list[tuple[str, str]]:
    """Which of these values stand where, as they are written."""
    return [
        (path, value)
        for path, text in everything(*folders).items()
        for value in values
        if value in text or repr(value)[1:-1] in text
    ]


def write_export_of(folder: Path, calls: list[dict[str, Any]]) -> Path:
    """An export of one batch with these calls."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "export.json"
    path.write_text(json.dumps({"batch": {"id": "batch_b", "calls": calls}}))
    return path

"""Where a platform brings its own scrubbed transcript, a redacted lake takes that one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import batchlake
from batchlake.ingest.load.scrubbed import scrubbed_link
from tests.effort import some
from tests.erasure.people import traces
from tests.lakes import damages, rows


def spoken(role: str, content: str, start: float) -> dict[str, Any]:
    """An utterance of Retell."""
    words = [{"word": word, "start": start, "end": start + 0.5} for word in content.split()]
    return {"role": role, "content": content, "words": words}


RAW = [
    spoken("agent", "Who is it?", 0.5),
    spoken("user", "Jens Roland of Kiel", 2.0),
    spoken("user", "Bye", 4.0),
]
SCRUBBED = [
    spoken("agent", "Who is it?", 0.5),
    {"role": "tool_call_invocation", "tool_call_id": "t", "name": "look_up", "arguments": "{}"},
    spoken("user", "[PERSON_1] of Kiel, 415 555 0199", 2.0),
]
"""One utterance fewer than the raw one, a call of a tool, and a number that the platform has missed."""


LINK = "https://x.example/scrubbed.wav"
RAW_LINK = "https://x.example/raw.wav"


def retell(number: int, **fields: Any) -> dict[str, Any]:
    """A call of Retell."""
    return {
        "call_id": f"call_{number:031}",
        "agent_id": "agent_1",
        "call_type": "phone_call",
        "call_status": "ended",
        "from_number": "+493023125738",
        "to_number": "+18005550000",
        "start_timestamp": 1703302407333 + number,
        "end_timestamp": 1703302428855 + number,
        "transcript": "Agent: Who is it?\nUser: Jens Roland of Kiel\n",
        "transcript_object": RAW,
        "transcript_with_tool_calls": RAW,
        "recording_multi_channel_url": "https://x.example/raw.wav",
    } | fields


TEXTS = ["Who is it?", "[PERSON_1] of Kiel, <phone>"]


@pytest.mark.parametrize("is_webhook", some([True, False], 1))
def test_the_scrubbed_transcript_is_taken(tmp_path: Path, is_webhook: bool) -> None:
    """Its utterances, redacted by ours, too; no form of the raw one is left, nor a raw link beside a
    scrubbed one. Calls around it, with nothing scrubbed or nothing in it, keep their own."""
    records = [
        retell(0),
        retell(
            1,
            scrubbed_transcript_with_tool_calls=SCRUBBED,
            scrubbed_recording_multi_channel_url="https://x.example/scrubbed.wav",
        ),
        retell(2, scrubbed_transcript_with_tool_calls=[], transcript_object=[spoken("user", "Hi", 1.0)]),
        retell(3, scrubbed_transcript_with_tool_calls=None),
    ]
    export = tmp_path / "export.json"
    given = [{"event": "call_analyzed", "call": one} for one in records] if is_webhook else records
    export.write_text("\n".join(map(json.dumps, given)))
    lake, plain = batchlake.open(tmp_path / "lake"), batchlake.open(tmp_path / "plain")
    lake.ingest(export, redact=["phone"], region="US")
    plain.ingest(export)
    question = "select call_id[-1] as n, text, offset_seconds from segments order by n, position"
    held = rows(lake.root, question)
    raw = ["Who is it?", "Jens Roland of Kiel", "Bye"]
    texts = {n: [row["text"] for row in held if row["n"] == n] for n in "0123"}
    assert texts == {"0": raw, "1": TEXTS, "2": ["Hi"], "3": raw}
    assert [row["offset_seconds"] for row in held if row["n"] == "1"] == [0.5, 2.0]
    assert [row["text"] for row in rows(plain.root, question) if row["n"] == "1"] == raw, (
        "plain lakes take the raw one"
    )
    (call,) = rows(lake.root, "select extra, segment_count, turns from calls where call_id[-1] = '1'")
    assert (call["segment_count"], call["turns"]) == (2, 2)
    assert sorted(key for key in json.loads(call["extra"]) if "transcript" in key or "recording" in key) == [
        "scrubbed_recording_multi_channel_url", "scrubbed_transcript_with_tool_calls",
    ]  # fmt: skip
    assert "look_up" in call["extra"]
    assert damages(lake.root) == []
    again = lake.ingest(export, force=True)
    assert rows(lake.root, question) == held
    assert again.calls_updated == 0


def test_no_name_of_the_raw_transcript_is_stored(tmp_path: Path) -> None:
    """Not in any byte of the lake, where the platform has scrubbed it."""
    export = tmp_path / "export.json"
    export.write_text(json.dumps(retell(1, scrubbed_transcript_with_tool_calls=SCRUBBED)))
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(export, redact=["phone"], region="US")
    assert traces(("Roland", "Bye"), tmp_path / "lake") == []


def with_field(name: str, values: list[str], **fields: Any) -> str:
    """An export of calls with a raw recording, each with one of these values, spelled so, as a field."""
    calls = [json.dumps(retell(at, recording_url=RAW_LINK, **fields)) for at in range(len(values))]
    written = (f'{call[:-1]}, "{name}": {value}}}' for call, value in zip(calls, values, strict=True))
    return f"[{', '.join(written)}]"


def test_a_scrubbed_recording_is_taken_whatever_stands_around_it(tmp_path: Path) -> None:
    """Also beside a number of 5,000 digits, which Python makes no integer of."""
    export = tmp_path / "export.json"
    others = ["9" * 5_000, "[" * 400 + "]" * 400, "1e400", '"\\u0000"', "[1, null]"]
    export.write_text(with_field("other", others, scrubbed_recording_url=LINK))
    lake = batchlake.open(tmp_path / "lake")
    report = lake.ingest(export, redact=["phone"], region="US")
    held = rows(lake.root, "select recording_url, extra from calls")
    assert report.problems_by_code == {}
    assert [call["recording_url"] for call in held] == [LINK] * len(others)
    assert all('"other":' in call["extra"] for call in held)


def test_a_scrubbed_recording_that_is_no_link_isnt_taken(tmp_path: Path) -> None:
    """One that holds a number, or is no text: the raw link stays, which holds none."""
    export = tmp_path / "export.json"
    given = ["4155550199", '"https://x.example/4155550199.wav"', '{"url": "u"}']
    export.write_text(with_field("scrubbed_recording_url", given))
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(export, redact=["phone"], region="US")
    assert rows(lake.root, "select recording_url from calls") == [{"recording_url": RAW_LINK}] * len(given)


@pytest.mark.parametrize(
    "extra", ["", "null", "[]", '["scrubbed_recording_url"]', '{"scrubbed_recording_url":']
)
def test_own_fields_that_are_no_object_name_no_recording(extra: str) -> None:
    """Nor do damaged ones; neither ends an ingest."""
    assert scrubbed_link(extra) is None


def test_a_scrubbed_transcript_in_one_text_is_cut_as_such(tmp_path: Path) -> None:
    """A platform's `scrubbed_transcript` as text becomes utterances as the raw one would."""
    export = tmp_path / "export.json"
    scrubbed = "Agent: Who is it?\nUser: [PERSON_1] of Kiel, 415 555 0199\n"
    export.write_text(json.dumps(retell(1, scrubbed_transcript=scrubbed)))
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(export, redact=["phone"], region="US")
    held = rows(lake.root, "select text from segments order by position")
    assert [row["text"] for row in held] == TEXTS
    assert traces(("Roland", "Bye"), tmp_path / "lake") == []

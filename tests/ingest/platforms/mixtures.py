"""Records of all platforms in one mixture, each with its plain reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st

from tests.ingest.platforms.further_readings import (
    atoms,
    atomses,
    bolna,
    bolnas,
    elevenlabs,
    elevens,
    synthflow,
    synthflows,
    ultravox,
    ultravoxes,
)
from tests.ingest.platforms.plain_fields import Said, with_plain_fields
from tests.ingest.platforms.readings import (
    TWILIO_CALLBACK,
    Facts,
    Record,
    all_in_camel_case,
    bland,
    blands,
    in_camel_case,
    retell,
    retells,
    twilio,
    twilios,
    vapi,
    vapis,
)

PLATFORMS: Final[dict[str, tuple[str, st.SearchStrategy[Record], Callable[[Record], Facts]]]] = {
    "retell": ("call_id", retells, retell),
    "vapi": ("id", vapis, vapi),
    "twilio": ("sid", twilios, twilio),
    "bland": ("call_id", blands, bland),
    "elevenlabs": ("conversation_id", elevens, elevenlabs),
    "bolna": ("id", bolnas, bolna),
    "smallest_atoms": ("callId", atomses, atoms),
    "synthflow": ("call_id", synthflows, synthflow),
    "ultravox": ("callId", ultravoxes, ultravox),
}
"""Of each platform the key of a call's id, records without one, and their reading."""


@st.composite
def records_of(draw: st.DrawFn, name: str, number: int = 0) -> tuple[Record, Facts, Said]:
    """A record of one platform, its facts, and what was said in it."""
    key, records, read = PLATFORMS[name]
    record = draw(records)
    whole, facts, said = draw(with_plain_fields(name, {key: f"CA{name}{number}"} | record))
    if name == "bland" and draw(st.booleans()):
        # Before February 2024 there was `c_id` alone, since then both.
        whole = {"c_id": whole.pop("call_id")} | whole if draw(st.booleans()) else whole | {"c_id": "other"}
    if name == "bland" and "created_at" not in whole:
        # Where answers are, a time would be theirs.
        whole |= draw(st.sampled_from([{}, {"answers": [True]}]))
    spelled: Callable[[str], str] = str
    if name == "twilio":
        spelled = draw(st.sampled_from([str, in_camel_case, TWILIO_CALLBACK.__getitem__]))
        if spelled not in (str, in_camel_case):
            whole = {path: value for path, value in whole.items() if path in TWILIO_CALLBACK}
            facts = {column: value for column, value in facts.items() if column == "observed_at"}
    read_facts = read(whole)
    # What a plain field leaves open another may tell.
    told = {column: value for column, value in facts.items() if value is not None or column not in read_facts}
    if (
        name == "elevenlabs"
        and {"metadata", "call_duration_secs"} & whole.keys()
        and "failure_reason" not in whole
    ):
        whole = draw(st.sampled_from([whole, all_in_camel_case(whole)]))
    whole = {spelled(path): value for path, value in whole.items()}
    if "CallSid" in whole:
        whole["RecordingUrl"] = told["recording_url"] = "https://x.example/r.mp3"
    return whole, read_facts | told, said


@st.composite
def mixtures(draw: st.DrawFn) -> list[tuple[str, Record, Facts, Said]]:
    """Records of all platforms in any order, each with its platform, its facts, and what was said in it."""
    found: list[tuple[str, Record, Facts, Said]] = []
    for name in PLATFORMS:
        found.extend((name, *draw(records_of(name, number))) for number in range(draw(st.integers(1, 6))))
    return draw(st.permutations(found))

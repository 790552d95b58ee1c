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
)
from tests.ingest.platforms.plain_fields import Said, with_plain_fields
from tests.ingest.platforms.readings import (
    Facts,
    Record,
    bland,
    blands,
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
}
"""Of each platform the key of a call's id, records without one, and their reading."""


@st.composite
def mixtures(draw: st.DrawFn) -> list[tuple[str, Record, Facts, Said]]:
    """Records of all platforms in any order, each with its platform, its facts, and what was said in it."""
    found: list[tuple[str, Record, Facts, Said]] = []
    for name, (key, records, read) in PLATFORMS.items():
        for number, record in enumerate(draw(st.lists(records, min_size=1, max_size=6))):
            named = {key: f"CA{name}{number}"} | record
            whole, facts, said = draw(with_plain_fields(name, named))
            found.append((name, whole, read(whole) | facts, said))
    return draw(st.permutations(found))

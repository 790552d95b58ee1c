"""Filters and calls to try: small pools of awkward values, so that filters and calls meet often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.filters.oracle import instant

thorough = settings(max_examples=examples(12), deadline=None, database=None)

STATUSES = (
    "scheduled queued ringing in_progress completed failed busy no_answer voicemail cancelled unknown".split()
)
OUTCOMES = ["completed", "failed", "in_progress", "unknown"]
SPELLINGS = [
    "COMPLETED",
    "In-Progress",
    "no answer",
    "canceled",
    "NO_ANSWER",
    " Failed ",
    "complete",
    "in\u00a0progress",
    "NO\u2003ANSWER",
    *STATUSES,
]
WORDS = [
    "b1", "b2", "batch 1", "it's", 'say "hi"', "é", "e\u0301", "É", "ß", "ẞ", "ss", "İ", "i̇", "ı",
    "ΑΣ", "ας", "日本", "😀", "👩\u200d👩", "%", "_", "\\", "$f1", ":f1", "?",
    "' or 1=1 --", "a\0b", "a\nb", " ", "null", "K",
]  # fmt: skip
PIECES = [
    "yes", "Yes", "YES", "i'm", "I\u2019m", "\uff29\u02bcm", "\u201cno\u201d", '"no"', "refund", "REFUND",
    " ", "  ", "\u00a0", "\u2003", "\n", "\t ", ".", ",", "?!", "\u2026", "\u00bf", "-", "_", "%", "\\",
    "$f1", ":x", "fine",
    "\ufb01ne", "\u2460", "1", "K", "k", "\u212a", "\uff39\uff45\uff53", "e\u0301", "\u00e9", "\u00c9",
    "ß", "ẞ", "ss", "Straße", "STRASSE", "İ", "i\u0307", "i", "ı", "ΟΔΟΣ", "οδος", "οδοσ", "Σ", "σ", "ς",
    "日本", "😀", "👩\u200d👩", "\U0001d5ec\U0001d5f2\U0001d600", "\U00010400", "\U00010428", "\U0001e921",
    "\U00020000", "\U000e0041", "\U000f0000", "\U0010fffd", "\0", "' or 1=1 --",
]  # fmt: skip
"""What people say and look for: forms that NFKC makes one, quotes of every shape, ligatures, blanks in a row,
letters whose lower case is longer or depends on their place, characters of the planes above the first."""
SPOKEN = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
SOUGHT = st.lists(st.sampled_from(PIECES), min_size=1, max_size=2).map("".join)
SPEAKERS = ["ai", "human", "unknown", "AI", "Human", " unknown "]
NUMBERS = ["+14155550100", "+14155550101", "+14165550100", "+442071234567", "*67", "anonymous", "", "+1415"]
SOUGHT_NUMBERS = [number for number in NUMBERS if number and "*" not in number]
SOUGHT_NUMBERS += ["+1415*", "+1416*", "+1*", "+44*", "a*", "+*", "9*"]
SECONDS = [0, 0.5, 1, 30, 59.999, 60, 300, 3600.25, 5e-324, 0.1 + 0.2, 0.3, 12345678901234.567, 1.7e308]
SHARES = [0, 0.1, 0.25, 0.7, 0.7000000000000001, 1, 1 / 3, 5e-324]
COSTS = ["0", "0.000001", "0.10", "0.123456", "0.123457", "0.5", "1", "1.5", "999999999999.999999"]
BOUNDS = [
    *COSTS, "0.1234565", "0.12345600000000000000001", "0.0000001", "1000000000000",
    "9" * 40, "0." + "0" * 60 + "1",
    0, 0.1, 0.3, 0.5, 1, 1.5, 0.1234565, 1e-7, 5e-324, 1e12, 1e300, 10**30,
]  # fmt: skip
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
TIMES = [
    datetime(1, 1, 1, tzinfo=UTC), NOON - timedelta(hours=12), NOON, NOON + timedelta(microseconds=1),
    NOON + timedelta(hours=12), datetime(2024, 2, 29, 23, 59, 59, 999999, UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
]  # fmt: skip
SOUGHT_TIMES = [
    "0001-01-01", "2024-01-01", "2024-01-01T12:00:00Z", "2024-01-01T12:00:00.000001Z",
    "2024-01-01T12:00:00.0000001z",
    "2024-01-01t17:30:00+05:30", "2024-01-01 12:00:00.0000010-00:00", "2024-01-02",
    "2024-02-29T23:59:59.9999999Z", "2024-03-01", "9999-12-31T23:59:59.999999Z",
]  # fmt: skip


def one_or_more(values: list[Any]) -> st.SearchStrategy[Any]:
    value = st.sampled_from(values)
    return value | st.lists(value, min_size=1, max_size=5) | st.just(values * 6)


@st.composite
def ranges(
    draw: st.DrawFn, values: list[Any], low: str = "min", high: str = "max", order: Any = None
) -> dict[str, Any]:
    first, second = sorted([draw(st.sampled_from(values)), draw(st.sampled_from(values))], key=order)
    given = {low: first, high: second}
    for key in draw(st.sets(st.sampled_from([low, high]), max_size=1)):
        del given[key]
    return given


def _amount(value: Any) -> Decimal:
    return Decimal(repr(value) if isinstance(value, float) else value)


@st.composite
def sentiments(draw: st.DrawFn) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for score in draw(
        st.lists(st.sampled_from(["positive", "neutral", "negative"]), unique=True, max_size=2)
    ):
        given |= draw(ranges(SHARES, f"min_{score}", f"max_{score}"))
    if draw(st.booleans()):
        given["mainly"] = draw(one_or_more(["positive", "NEUTRAL", "negative"]))
    if not given or draw(st.booleans()):
        given["label"] = draw(one_or_more(WORDS))
    return given


FIELDS = ["campaign", "$x", "/y", "a.b", "it's", "é", "a b", "*", "\\", '$"\\']
FIELD_VALUES = [
    "autumn", "Autumn", "1", "-2.5", "true", "x'y", "日本", "", "nan", "-inf", 1, -2.5, True, False, 0,
]  # fmt: skip


@st.composite
def own_fields(draw: st.DrawFn) -> dict[str, Any]:
    value = (
        one_or_more([value for value in FIELD_VALUES if value != ""])
        | ranges([-2.5, 0, 1, 3])
        | st.fixed_dictionaries({"exists": st.booleans()})
    )
    return draw(st.dictionaries(st.sampled_from(FIELDS), value, min_size=1, max_size=2))


CONDITIONS = {
    "status": one_or_more(SPELLINGS),
    "outcome": one_or_more([*OUTCOMES, "Completed", "IN PROGRESS", "in-progress"]),
    "duration": ranges(SECONDS),
    "cost": ranges(BOUNDS, order=_amount),
    "sentiment": sentiments(),
    "date_range": ranges(SOUGHT_TIMES, "start", "end", order=instant),
    "source": one_or_more(["svalync", "other"]),
    "batch_id": one_or_more(WORDS),
    "call_id": one_or_more(["c0", "c1", "c2", "c3", "it's"]),
    "agent_id": one_or_more(WORDS),
    "agent_name": one_or_more(WORDS),
    "currency": one_or_more(["EUR", "USD", "eur"]),
    "extra": own_fields(),
    "direction": one_or_more(["inbound", "outbound", "web", "Inbound", "OUTBOUND", " Web"]),
    "phone_number": one_or_more(SOUGHT_NUMBERS),
    "engagement": ranges(SHARES),
    "text": SOUGHT
    | st.fixed_dictionaries({"contains": SOUGHT}, optional={"speaker": st.sampled_from(SPEAKERS)}),
    "success": st.booleans(),
    "is_test": st.booleans(),
    "has_transcript": st.booleans(),
    "has_recording": st.booleans(),
}


@st.composite
def filters(draw: st.DrawFn, depth: int = 3) -> dict[str, Any]:
    """A valid, non-empty filter as JSON holds it."""
    groups = ["any", "all", "not"] if depth else []
    keys = draw(st.lists(st.sampled_from([*CONDITIONS, *groups * 4]), min_size=1, max_size=3, unique=True))
    given: dict[str, Any] = {}
    for key in keys:
        if key == "not":
            given[key] = draw(filters(depth - 1))
        elif key in groups:
            given[key] = draw(st.lists(filters(depth - 1), min_size=1, max_size=3))
        else:
            given[key] = draw(CONDITIONS[key])
    return given


def maybe(values: list[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


@st.composite
def calls(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Calls with unique (source, call_id), their segments inside."""
    return [draw(_call(number)) for number in range(draw(st.integers(0, 6)))]


@st.composite
def _call(draw: st.DrawFn, number: int) -> dict[str, Any]:
    said = draw(
        st.none()
        | st.lists(
            st.fixed_dictionaries({"speaker": st.sampled_from(["ai", "human", "unknown"]), "text": SPOKEN}),
            max_size=3,
        )
    )
    status = draw(st.sampled_from(STATUSES))
    return {
        "source": ["svalync", "other"][number % 2],
        "call_id": f"c{number // 2}",
        "batch_id": draw(maybe(WORDS)),
        "status": status,
        "outcome": draw(st.sampled_from(OUTCOMES)),
        "duration_seconds": draw(maybe([float(s) for s in SECONDS] + [-1.0, float("inf")])),
        "cost": draw(maybe([Decimal(c) for c in COSTS] + [Decimal("-1")])),
        "call_time": draw(maybe(TIMES)),
        "direction": draw(maybe(["inbound", "outbound", "web"])),
        "from_number": draw(maybe(NUMBERS)),
        "to_number": draw(maybe(NUMBERS)),
        "agent_id": draw(maybe(WORDS)),
        "agent_name": draw(maybe(WORDS)),
        "currency": draw(maybe(["EUR", "USD"])),
        "extra": draw(
            st.none() | st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(FIELD_VALUES), max_size=3)
        ),
        "sentiment_positive": draw(maybe([float(s) for s in SHARES])),
        "sentiment_neutral": draw(maybe([float(s) for s in SHARES])),
        "sentiment_negative": draw(maybe([float(s) for s in SHARES])),
        "sentiment_label": draw(maybe([word.lower() for word in WORDS])),
        "engagement": draw(maybe([float(s) for s in SHARES])),
        "success": draw(maybe([True, False])),
        "is_test": draw(maybe([True, False])),
        "recording_url": draw(maybe(["", "https://x/y.mp3"])),
        "segment_count": None if said is None else len(said),
        "segments": said or [],
    }

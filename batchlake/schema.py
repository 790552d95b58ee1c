"""The one list of tables and columns: type, unit, meaning, and where in an export a value comes from.

Everything that names a column for all to see is made from here: the Delta schemas, the console's comments,
the README's reference and the empty tables of a new lake. Types are DuckDB's; Delta and Parquet follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from batchlake.text.statuses import OUTCOMES, STATUSES

FORMAT_VERSION: Final = 3
"""The highest layout that this batchlake knows. A lake with a higher one is refused (`LakeTooNew`)."""

PRIVACY_KINDS: Final = frozenset({"forget", "proof", "redact"})
"""The kinds of runs that need the highest layout."""

PLAIN_FORMAT: Final = 2
"""The layout of a lake from which nobody was erased; an erasure makes it 3, whose tombstones a batchlake that
doesn't know them would not keep."""

FACTS_FORMAT: Final = 2
"""The first layout with `TRANSCRIPT_FACTS` and `UTTERANCE_FACTS`, NULL in a state of an earlier one."""

DEFAULT_SOURCE: Final = "svalync"
"""The `source` of exports that are ingested without `--source`."""

CONTACT: Final = "if(direction = 'inbound', from_number, coalesce(to_number, from_number))"
"""In SQL, the number of a call that isn't ours."""


def contact_of(direction: str | None, to_number: str | None, from_number: str | None) -> str | None:
    """`CONTACT` in Python; None where the call has no number.

    >>> contact_of("inbound", "+1800", "+1415"), contact_of(None, None, "+1415")
    ('+1415', '+1415')
    """
    return from_number if direction == "inbound" or to_number is None else to_number


AGENT: Final = "coalesce(agent_name, agent_id)"
"""In SQL, what a call's agent is called."""

DIRECTIONS: Final = ("inbound", "outbound", "web")
SPEAKERS: Final = ("ai", "human", "unknown")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its DuckDB type, and what it means (with the unit)."""

    name: str
    type: str
    comment: str
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """One Delta table: its grain, its key and its columns in order."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column_names(self) -> tuple[str, ...]:
        """The columns' names in their order."""
        return tuple(column.name for column in self.columns)


def _typed(kind: str) -> Callable[..., Column]:
    def column(name: str, comment: str, *, nullable: bool = True) -> Column:
        return Column(name, kind, comment, nullable)

    return column


_text, _number, _count = _typed("VARCHAR"), _typed("DOUBLE"), _typed("BIGINT")
_money, _time, _flag = _typed("DECIMAL(18,6)"), _typed("TIMESTAMPTZ"), _typed("BOOLEAN")
_required = partial(_text, nullable=False)

_SOURCE = _required(
    "source", "The platform (or account) that the record is of: as given with --source, else as recognised"
)
_OBSERVATION = (
    _time(
        "observed_at",
        "Time of the newest observation, UTC: `updated_at`, else `exported_at`, else the file's time",
        nullable=False,
    ),
    Column(
        "field_observed_at",
        "MAP(VARCHAR, TIMESTAMPTZ)",
        "Fields whose value is older than observed_at, with the time (UTC) of their observation; "
        "NULL where every value is as new as observed_at",
    ),
    _text("first_run_id", "The run that first wrote this row"),
    _text("last_run_id", "The run that last changed this row"),
)

_TRANSCRIPT_FACTS = (
    _count("turns", "Turns in the transcript: unbroken runs of one speaker's utterances, a count"),
    _count("human_turns", "The person's turns in the transcript, a count"),
    _count("human_words", "Words that the person says in the transcript, parted by blanks, a count"),
    _count("words", "Words that the agent and the person say in the transcript, a count"),
    _number(
        "measured_response_seconds",
        "Mean time from an utterance of the agent to the person's reply in the transcript, start to start, "
        "in seconds; NULL where it has no times",
    ),
)

TRANSCRIPT_FACTS: Final = tuple(column.name for column in _TRANSCRIPT_FACTS)
"""The columns of `calls` that its transcript alone decides, written with it; NULL where none has come."""

CALLS: Final = Table(
    "calls",
    "one row per call",
    ("source", "call_id"),
    (
        _SOURCE,
        _required("call_id", "The call's id on its platform"),
        _text("batch_id", "The batch that the call belongs to, NULL while unknown"),
        _required("status", f"Canonical state: {', '.join(STATUSES)}"),
        _text("status_reported", "The state as the platform spelled it"),
        _required("outcome", f"What became of it: {', '.join(OUTCOMES)}"),
        _number("duration_seconds", "Length of the call in seconds"),
        _money(
            "cost",
            "What the platform charged, in `currency`, below 0 what it credited; NULL is unknown, not free",
        ),
        _text("currency", "ISO 4217 code of `cost` where the export says"),
        _time("created_at", "When the call was created, UTC"),
        _time("started_at", "When the call started, UTC"),
        _time("ended_at", "When the call ended, UTC; NULL where that would be before started_at"),
        _time(
            "ended_at_reported", "The newest end that a record gave, UTC, also where it is before started_at"
        ),
        _time("call_time", "started_at, else created_at, else the batch's created_at, UTC"),
        _text("direction", f"{', '.join(DIRECTIONS)}"),
        _text("from_number", "Calling number"),
        _text("to_number", "Called number"),
        _text("agent_id", "The voice agent's id"),
        _text("agent_name", "The voice agent's name"),
        _number("sentiment_positive", "Share of positive sentiment, 0 to 1"),
        _number("sentiment_neutral", "Share of neutral sentiment, 0 to 1"),
        _number("sentiment_negative", "Share of negative sentiment, 0 to 1"),
        _text("sentiment_label", "The platform's one word for it"),
        _number("engagement", "Engagement score, 0 to 1"),
        _number("talk_ratio_ai", "Share of talk by the agent, 0 to 1"),
        _number("talk_ratio_human", "Share of talk by the person, 0 to 1"),
        _number("response_time_seconds", "Mean response time in seconds"),
        _count("interruptions", "Interruptions, a count"),
        _number("voice_pace", "Pace of speech, the platform's scale"),
        _number("voice_volume", "Volume of speech, the platform's scale"),
        _number("voice_clarity", "Clarity of speech, the platform's scale"),
        _flag("success", "Whether the platform calls it a success"),
        _text("outcome_label", "The platform's own word for the result"),
        _text("ended_by", "Who or what ended the call"),
        _text("summary", "The platform's summary"),
        _text("recording_url", "Where the recording is"),
        _flag("is_test", "Whether it was a test call"),
        _count("tokens_consumed", "Language-model tokens used, a count"),
        _text("user_id", "The platform's account that placed it"),
        _text("pathway_id", "The conversation design that it followed"),
        _count("segment_count", "Utterances held in `segments`; NULL where no transcript has come"),
        _text("transcript_digest", "half of the SHA-256 of the transcript held; NULL where none has come"),
        *_TRANSCRIPT_FACTS,
        _text("extra", "Fields this table has no column for: a JSON object from path to value"),
        *_OBSERVATION,
    ),
)

_UTTERANCE_FACTS = (
    _flag("is_first_human", "Whether it is the person's first utterance in its call"),
    _flag("is_first_with_key", "Whether it is the first of its speaker in its call with this `text_key`"),
)

UTTERANCE_FACTS: Final = tuple(column.name for column in _UTTERANCE_FACTS)
"""The columns of `segments` that the transcript as a whole decides, written with it."""

SEGMENTS: Final = Table(
    "segments",
    "one row per transcript utterance",
    ("source", "call_id", "position"),
    (
        _SOURCE,
        _required("call_id", "The call it was said in"),
        _text("batch_id", "The call's batch, NULL while unknown"),
        _count("position", "Place in the transcript, from 1", nullable=False),
        _required("speaker", f"{', '.join(SPEAKERS)}: as given, or as the label in a string"),
        _required("text", "What was said, as exported"),
        _required(
            "text_key",
            "`text` folded for counting: NFKC, straight quotes, lower case, single blanks, "
            "no outer punctuation; empty where nothing is left",
        ),
        _time("spoken_at", "When it was said, UTC"),
        _number("offset_seconds", "Seconds into the call, where the export gives that instead of a time"),
        _number("confidence", "Confidence of the transcription, 0 to 1"),
        *_UTTERANCE_FACTS,
        _text("extra", "Fields this table has no column for: a JSON object from key to value"),
    ),
)

_REPORTED_COUNTS = (
    _count("reported_total_calls", "Calls in the batch, as reported"),
    _count("reported_completed", "Completed calls, as reported"),
    _count("reported_failed", "Failed calls, as reported"),
    _count("reported_in_progress", "Calls in progress, as reported"),
)

BATCHES: Final = Table(
    "batches",
    "one row per batch",
    ("source", "batch_id"),
    (
        _SOURCE,
        _required("batch_id", "The batch's id on its platform"),
        _text("status", "Canonical state; a word that is not a call status stays as it is, in lower case"),
        _text("status_reported", "The state as the platform spelled it"),
        _time("created_at", "When the batch was created, UTC"),
        _time(
            "completed_at", "When the batch was completed, UTC; NULL where that would be before created_at"
        ),
        _time(
            "completed_at_reported",
            "The newest completion that a record gave, UTC, also where it is before created_at",
        ),
        *_REPORTED_COUNTS,
        _number("reported_average_duration_seconds", "Mean duration in seconds, as reported"),
        _money("reported_total_cost", "Total cost, as reported"),
        _number("reported_success_rate", "Success rate 0 to 1, as reported"),
        _number("reported_sentiment_positive", "Mean positive sentiment, as reported"),
        _number("reported_sentiment_neutral", "Mean neutral sentiment, as reported"),
        _number("reported_sentiment_negative", "Mean negative sentiment, as reported"),
        _text("reported_common_responses", "Common responses as reported, a JSON array"),
        _text("extra", "Fields this table has no column for: a JSON object from path to value"),
        *_OBSERVATION,
    ),
)

SNAPSHOTS: Final = Table(
    "snapshots",
    "one row per batch and observation",
    ("source", "batch_id", "export_id", "record"),
    (
        _SOURCE,
        _required("batch_id", "The batch observed"),
        _time("observed_at", "When it was observed, UTC", nullable=False),
        _required("export_id", "The export that observed it (its SHA-256)"),
        _count("record", "Which record of that export, from 1", nullable=False),
        _text("status", "The batch's state at that time"),
        *_REPORTED_COUNTS,
        _count("listed_calls", "Calls that this observation lists"),
        _count("listed_completed", "Listed calls whose outcome is completed"),
        _count("listed_failed", "Listed calls whose outcome is failed"),
        _count("listed_in_progress", "Listed calls whose outcome is in_progress"),
        _count("listed_unknown", "Listed calls whose outcome is unknown"),
        _text("run_id", "The run that read it"),
    ),
)

PROBLEMS: Final = Table(
    "problems",
    "one row per thing that could not be used",
    ("problem_id",),
    (
        _required("problem_id", "Digest of export, record, field, code and raw text"),
        _required("run_id", "The run that found it"),
        _SOURCE,
        _text("export_id", "The export's SHA-256; NULL where it could not be read to its end"),
        _required("location", "The export's path, with the member's after `!` in an archive"),
        _count("record", "Which record of the export, from 1; NULL for a file"),
        _count("line", "Which line of the export, from 1, where it is line by line"),
        _count("byte", "The byte where the file broke, from 0"),
        _required("level", "file, record or field"),
        _required("code", "What is wrong, in one stable word"),
        _text("field", "Which field, by its path, at level field"),
        _required("message", "What is wrong, in a sentence"),
        _text("raw", "The text that could not be used, as it came"),
        _text("batch_id", "The batch that the record belongs to, where known"),
        _text("call_id", "The call whose field it is, at level field"),
        _time("observed_at", "Time of the observation, UTC"),
    ),
)

EXPORTS: Final = Table(
    "exports",
    "one row per export read",
    ("source", "export_id"),
    (
        _SOURCE,
        _required("export_id", "SHA-256 of the export's bytes (of the member's, in an archive)"),
        _required("location", "Where it was read"),
        _count("bytes", "Size in bytes, decompressed", nullable=False),
        _text("etag", "An object's entity tag, or a file's size (bytes) and modification time (ns)"),
        _time("observed_at", "The file's modification time, else the time of reading, UTC", nullable=False),
        _count("records", "Records found, a count"),
        _count("problems", "Problems found, a count"),
        _required("run_id", "The run that read it"),
    ),
)

RUNS: Final = Table(
    "runs",
    "one row per ingest or care of the lake",
    ("run_id",),
    (
        _required("run_id", "Sortable by time"),
        _required("kind", "ingest, replay, compact, upgrade, forget, redact or proof (of the two)"),
        _time("started_at", "When it began, UTC", nullable=False),
        _time("finished_at", "When it was committed, UTC", nullable=False),
        _text("batchlake_version", "The version that wrote it"),
        _text("host", "The machine it ran on"),
        _count("exports_read", "Exports read, a count"),
        _count("exports_skipped", "Exports whose bytes were known already, a count"),
        _count("records", "Records found, a count"),
        _count("calls_new", "Calls the lake did not hold before, a count"),
        _count("calls_updated", "Calls with a changed value, a count"),
        _count("batches_new", "Batches the lake did not hold before, a count"),
        _count("batches_updated", "Batches with a changed value, a count"),
        _count("problems", "Problems found, a count"),
        Column("redacted", "MAP(VARCHAR, BIGINT)", "Values redacted by kind; NULL where nothing was"),
        _count("format_version", "The layout that this run wrote", nullable=False),
        Column(
            "table_versions",
            "MAP(VARCHAR, BIGINT)",
            "The Delta version of every table that this run left behind",
            nullable=False,
        ),
    ),
)

TOMBSTONES: Final = Table(
    "tombstones",
    "one row per erased call, id or number, in each form",
    ("kind", "digest"),
    (
        _required("kind", "call, id or number; number_prints, id_prints of what an erasure took"),
        _required(
            "digest",
            "Keyed digest of the call's source and id, of the id alone, or of the number in one form; "
            "fingerprints, sealed with the key",
        ),
        _required("key_id", "Which key made the digest"),
        _required("mode", "remove or anonymise"),
        _time("erased_at", "When it was erased, UTC", nullable=False),
        _flag("for_good", "Whether calls that began after the erasure are kept out, too"),
        _required("erasure_id", "The erasure"),
    ),
)

ERASURES: Final = Table(
    "erasures",
    "one row per erasure",
    ("erasure_id",),
    (
        _required("erasure_id", "The erasure's id, derived from nothing"),
        _required("run_id", "The run that erased"),
        _required("mode", "remove, anonymise or redact"),
        _text("reference", "The ticket that it was for, as given"),
        _time("erased_at", "When it was committed, UTC", nullable=False),
        _count("calls", "Calls removed or anonymised, a count"),
        _count("mentions", "Values that held a mention and were replaced or emptied, a count"),
        Column(
            "batches",
            "MAP(VARCHAR, BIGINT)",
            "Calls erased by batch, each with its source: `svalync/batch_1`",
        ),
        _count("hits", "Hits of the verification, a count; 0 is proven"),
        _text("report", "The report without a value, a JSON object"),
    ),
)

TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (CALLS, SEGMENTS, BATCHES, SNAPSHOTS, PROBLEMS, EXPORTS, TOMBSTONES, ERASURES, RUNS)
}

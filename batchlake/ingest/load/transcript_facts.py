"""What a transcript tells about its call and about its own utterances, computed once, as it is written.

Input: utterances that can be used, a transcript's together and in order. Output: the same with `text_key` and
the facts of `UTTERANCE_FACTS`, and one row a transcript with the facts of `TRANSCRIPT_FACTS`.

`sql/maintenance/call_facts.sql` and `utterance_facts.sql` say the same in SQL, over utterances that a lake
holds: a check compares the two, and a lake of an earlier format gets its facts from there. To have SQL do it
here, too, would take a window over all that is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from batchlake.engine import columns
from batchlake.engine.text_keys import text_keys
from batchlake.schema import SPEAKERS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_AI, _HUMAN, _UNKNOWN = (SPEAKERS.index(name) for name in ("ai", "human", "unknown"))
_MICROSECONDS: Final = 1e6


def with_facts(said: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The utterances with what is computed of them, and the facts of their transcripts.

    Args:
        said: the columns of `split_transcripts`; every `text` is there.

    Returns:
        The utterances with `position`, `text_key` and their facts; and of each transcript `export_no`,
        `record`, `source`, `call_id`, `batch_id`, `segment_count` and its facts.
    """
    starts = _starts(said)
    first = np.flatnonzero(starts)
    of_transcript = np.cumsum(starts) - 1
    counts = np.diff(np.append(first, len(said)))
    speakers = _speakers(said["speaker"])
    keys = text_keys(columns.together(said["text"]))
    marked = said.append_column(
        "position", columns.from_numpy(np.arange(len(said)) - first[of_transcript] + 1)
    )
    marked = marked.append_column("text_key", keys)
    is_human = speakers == _HUMAN
    for name, flags in (
        ("is_first_human", _is_first_flagged(is_human, of_transcript)),
        ("is_first_with_key", _is_first(_sayings(speakers, keys), of_transcript)),
    ):
        marked = marked.append_column(name, columns.from_numpy(flags))
    begins_turn = starts | (speakers != _before(speakers))
    words = _words(keys)
    facts = {
        "segment_count": counts,
        "turns": _totals(begins_turn, first),
        "human_turns": _totals(begins_turn & is_human, first),
        "human_words": _totals(np.where(is_human, words, 0), first),
        "words": _totals(np.where(speakers != _UNKNOWN, words, 0), first),
    }
    table = said.select(["export_no", "record", "source", "call_id", "batch_id"]).take(
        columns.from_numpy(first)
    )
    for name, values in facts.items():
        table = table.append_column(name, columns.from_numpy(values))
    gaps = _gaps(said)
    is_reply = is_human & ~starts & (_before(speakers) == _AI) & (gaps >= 0)
    seconds = columns.numbers(_mean_seconds(gaps, is_reply, first, of_transcript))
    return marked, table.append_column("measured_response_seconds", seconds)


def _starts(said: pa.Table) -> Flags:
    """Where a transcript begins."""
    export, record = (columns.to_numpy(said[name], np.int64) for name in ("export_no", "record"))
    starts = np.ones(len(said), bool)
    starts[1:] = (export[1:] != export[:-1]) | (record[1:] != record[:-1])
    return starts


def _speakers(names: pa.ChunkedArray) -> Integers:
    """Speakers by their places in `SPEAKERS`."""
    import pyarrow.compute as pc

    return columns.to_numpy(pc.index_in(names, columns.texts(SPEAKERS)).cast("int64"), np.int64)


def _before(values: Integers) -> Integers:
    """The value of the utterance before; of the first its own."""
    return np.concatenate([values[:1], values[:-1]])


def _words(keys: pa.StringArray) -> Integers:
    import pyarrow.compute as pc

    blanks = columns.to_numpy(pc.count_substring(keys, " ").cast("int64"), np.int64)
    lengths = columns.to_numpy(pc.binary_length(keys).cast("int64"), np.int64)
    return np.where(lengths == 0, 0, blanks + 1)


def _flags(values: pa.Array | pa.ChunkedArray) -> Flags:

    found = np.zeros(len(values), bool)
    found[columns.places(values)] = True
    return found


def _sayings(speakers: Integers, keys: pa.StringArray) -> Integers:
    """A number for each speaker's text."""
    texts = keys.dictionary_encode()
    numbers = columns.to_numpy(texts.indices.cast("int64"), np.int64)
    return numbers * len(SPEAKERS) + speakers


def _is_first(values: Integers, of_transcript: Integers) -> Flags:
    """Whether none before in the same transcript has the same value.

    By value and place in one number, since numpy sorts numbers in a fifth of the time of their places.
    """
    bits = len(values).bit_length()
    ordered = np.sort((values << bits) | np.arange(len(values)))
    found, places = ordered >> bits, ordered & ((1 << bits) - 1)
    transcripts = of_transcript[places]
    is_first = np.ones(len(values), bool)
    is_first[places[1:]] = (found[1:] != found[:-1]) | (transcripts[1:] != transcripts[:-1])
    return is_first


def _is_first_flagged(flags: Flags, of_transcript: Integers) -> Flags:
    """Whether it has the flag, and none before in the same transcript has it."""
    places = np.flatnonzero(flags)
    transcripts = of_transcript[places]
    is_first = np.zeros(len(flags), bool)
    is_first[places[np.diff(transcripts, prepend=-1) > 0]] = True
    return is_first


def _totals(values: Integers | Flags, first: Integers) -> Integers:
    """The sum over each transcript."""
    return np.add.reduceat(values.astype(np.int64), first) if len(first) else np.zeros(0, np.int64)


def _gaps(said: pa.Table) -> Integers:
    """Microseconds since the utterance before began, by times, else by offsets; -1 where unknown."""
    moments, offsets = said["spoken_at"].cast("int64"), said["offset_seconds"]
    timed, placed = _flags(moments.is_valid()), _flags(offsets.is_valid())
    micros = columns.to_numpy(moments, np.int64)
    seconds = np.where(placed, columns.to_numpy(offsets, np.float64), 0.0)
    by_offset = np.rint(np.diff(seconds, prepend=0.0) * _MICROSECONDS).astype(np.int64)
    gaps = np.full(len(said), -1)
    for known, found in ((placed, by_offset), (timed, np.diff(micros, prepend=0))):
        both = known.copy()
        both[1:] &= known[:-1]
        gaps[both] = found[both]
    return gaps


def _mean_seconds(
    gaps: Integers, is_reply: Flags, first: Integers, of_transcript: Integers
) -> list[float | None]:
    """The mean over each transcript, to the nearest microsecond, half to even; None where there is none.

    In whole numbers, as SQL has it: a sum of times from year 2 to 9999 doesn't fit one.
    """
    replies = _totals(is_reply, first)
    parts = np.maximum(replies, 1)
    whole, rest = np.divmod(np.where(is_reply, gaps, 0), parts[of_transcript])
    more, rest = np.divmod(_totals(rest, first), parts)
    micros = _totals(whole, first) + more
    micros += 2 * rest + micros % 2 > parts
    means = micros / _MICROSECONDS
    return [mean if count else None for mean, count in zip(means.tolist(), replies.tolist(), strict=True)]

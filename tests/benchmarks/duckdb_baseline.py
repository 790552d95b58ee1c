"""The lake's questions as one would write them in DuckDB by hand: float sums, few passes.

Every query reads `selected_calls` and `selected_segments`, which `over` puts in front.
"""

from __future__ import annotations

from typing import Final

from batchlake.analytics.patterns import default_patterns
from batchlake.engine.quoting import literal

_SCALARS: Final = """
    select
      count(*), count(*) filter (where outcome = 'completed'), count(*) filter (where outcome = 'failed'),
      count(*) filter (where outcome = 'in_progress'), histogram(status), count(success),
      count(*) filter (where success), avg(duration_seconds), sum(duration_seconds),
      avg(duration_seconds) filter (where duration_seconds > 0),
      avg(duration_seconds) filter (where outcome = 'completed'),
      quantile_cont(duration_seconds, [0.5, 0.9, 0.95]), min(duration_seconds), max(duration_seconds),
      stddev(duration_seconds), count(sentiment_positive), avg(sentiment_positive), avg(sentiment_neutral),
      avg(sentiment_negative),
      count(*) filter (where sentiment_positive > greatest(sentiment_neutral, sentiment_negative)),
      count(*) filter (where sentiment_neutral > greatest(sentiment_positive, sentiment_negative)),
      count(*) filter (where sentiment_negative > greatest(sentiment_positive, sentiment_neutral)),
      histogram(sentiment_label)
    from selected_calls
    """
_MONEY: Final = """
    select
      currency, count(cost), sum(cost), avg(cost), quantile_cont(cost, [0.5, 0.95]), min(cost), max(cost),
      count(cost) filter (where outcome = 'completed'), sum(cost) filter (where duration_seconds is not null),
      sum(duration_seconds) filter (where cost is not null)
    from selected_calls group by currency
    """
_DAYS: Final = """
    select date_trunc('day', call_time), count(*), count(*) filter (where outcome = 'completed'), sum(cost)
    from selected_calls group by 1
    """
_COMMON: Final = """
    select text_key, count(*), count(distinct (source, call_id)), mode(text), count(*) / sum(count(*)) over ()
    from selected_segments where speaker = 'human' and text_key <> ''
    group by text_key order by 2 desc, 3 desc limit 10
    """
_MEANT: Final = """
    with first as (
      select arg_min(text_key, position) as text_key
      from selected_segments where speaker = 'human' group by source, call_id
    ),
    counted as (
      select text_key, count(*) as utterances, 0 as firsts
      from selected_segments where speaker = 'human' group by 1
      union all select text_key, 0, count(*) from first group by 1
    )
    select case CASES end, sum(utterances), sum(firsts) from counted group by 1
    """
_TAKING_PART: Final = """
    with spoken as (
      select
        *, lag(speaker) over in_order as before, lag(spoken_at) over in_order as said_before,
        length(text_key) - length(replace(text_key, ' ', '')) + 1 as words
      from selected_segments window in_order as (partition by source, call_id order by position)
    ),
    transcripts as (
      select
        source, call_id, count(*) filter (where speaker is distinct from before) as turns,
        count(*) filter (where speaker = 'human' and before is distinct from 'human') as human_turns,
        sum(words) filter (where speaker = 'human') as human_words, sum(words) as words,
        avg(epoch(spoken_at) - epoch(said_before)) filter (where speaker = 'human' and before = 'ai') as reply
      from spoken group by source, call_id
    )
    select
      avg(engagement), histogram(floor(engagement * 5)),
      avg(coalesce(talk_ratio_human, heard.human_words / heard.words)),
      avg(coalesce(talk_ratio_ai, 1 - heard.human_words / heard.words)),
      avg(coalesce(response_time_seconds, heard.reply)), avg(interruptions), avg(heard.turns),
      sum(heard.human_words) / sum(heard.human_turns)
    from selected_calls left join transcripts as heard using (source, call_id)
    """
_JSON: Final = """
    select
      call_id as id, status, duration_seconds as duration, cost::varchar as cost, started_at as start_time,
      ended_at as end_time, to_number as phone_number, direction, agent_id, recording_url,
      struct_pack(segments := said) as transcript,
      struct_pack(
        sentiment := struct_pack(positive := sentiment_positive, neutral := sentiment_neutral,
          negative := sentiment_negative, overall := sentiment_label),
        engagement := engagement, talk_ratio := struct_pack(ai := talk_ratio_ai, human := talk_ratio_human)
      ) as analytics
    from selected_calls left join (
      select source, call_id, list(struct_pack(speaker := speaker, text := text, timestamp := spoken_at,
        confidence := confidence) order by position) as said
      from selected_segments group by source, call_id
    ) using (source, call_id)
    order by call_time, call_id
    """


def over(query: str, where: str, calls_where: str = "true") -> str:
    """A query over the calls and utterances for which `where` holds, and of calls `calls_where` besides."""
    return f"""
        with
        selected_calls as (select * from calls where {where} and {calls_where}),
        selected_segments as (
          select * from segments where {where}
            {"" if calls_where == "true" else "and call_id in (select call_id from selected_calls)"}
        )
        select * from ({query})"""


def analytics() -> tuple[str, ...]:
    """Every block of the analytics, a query each."""
    meant = _MEANT.replace("CASES", _cases())
    return (_SCALARS, _MONEY, _DAYS, _COMMON, meant, _TAKING_PART)


DETAILS: Final = "select * from selected_calls order by call_time, call_id"
DOCUMENTS: Final = _JSON
"""Calls with their transcripts, as documents."""


def _cases() -> str:
    """The word patterns as somebody would write them by hand."""
    return " ".join(
        f"when regexp_matches(text_key, {literal(rule.expression)}) then {literal(rule.pattern)}"
        for rule in default_patterns().rules
    )

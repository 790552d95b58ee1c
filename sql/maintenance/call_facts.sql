-- what: What a transcript tells about its call, as `calls` has it: for a check, and for lakes that don't have it yet.
-- grain: one row per call with a transcript
-- inputs: segments
-- outputs:
--   source: the platform
--   call_id: the call
--   turns (turns): unbroken runs of one speaker's utterances
--   human_turns (turns): the person's turns
--   human_words (words): words that the person says, separated by blanks
--   words (words): words that the agent and the person say
--   measured_response_seconds (seconds): mean time from an utterance of the agent to the person's reply, start to start
-- note: `batchlake/ingest/load/transcript_facts.py` computes the same of transcripts as they are written.
with
utterances as (
  select
    source,
    call_id,
    speaker,
    if(text_key = '', 0, length(text_key) - length(replace(text_key, ' ', '')) + 1) as words,
    lag(speaker) over in_order as speaker_before,
    coalesce(
      epoch_us(spoken_at) - lag(epoch_us(spoken_at)) over in_order,
      round_even((offset_seconds - lag(offset_seconds) over in_order) * 1e6, 0)::bigint
    ) as micros_since
  from segments
  window in_order as (partition by source, call_id order by position)
),

transcripts as (
  select
    source,
    call_id,
    count(*) filter (where speaker is distinct from speaker_before) as turns,
    count(*) filter (where speaker = 'human' and speaker_before is distinct from 'human') as human_turns,
    coalesce(sum(words) filter (where speaker = 'human'), 0)::bigint as human_words,
    coalesce(sum(words) filter (where speaker in ('ai', 'human')), 0)::bigint as words,
    count(*) filter (where speaker = 'human' and speaker_before = 'ai' and micros_since >= 0)::hugeint as replies,
    sum(micros_since::hugeint) filter (
      where speaker = 'human' and speaker_before = 'ai' and micros_since >= 0
    ) as micros
  from utterances
  group by source, call_id
),

-- To the nearest microsecond, half to even.
final as (
  select
    source,
    call_id,
    turns,
    human_turns,
    human_words,
    words,
    (
      micros // nullif(replies, 0)
      + case when 2 * (micros % nullif(replies, 0)) + micros // nullif(replies, 0) % 2 > replies then 1 else 0 end
    )::bigint / 1e6 as measured_response_seconds
  from transcripts
)

select * from final

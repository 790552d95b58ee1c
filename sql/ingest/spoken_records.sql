-- what: The call records whose transcript holds an utterance that can be used.
-- grain: one row per raw record
-- inputs: speaker_records, split_utterances
-- outputs:
--   export_no, record, call_id, batch_id (the call's own or its envelope's), segment_count (utterances, a count),
--   occurrence (1 for the first transcript of a call among these records, 2 for the second ...), is_gapped (whether an
--   utterance of it can't be used), transcript_file (none yet)
-- note: speaker_records has a row for each record: how many utterances of its list can be used, and how many there are.
-- split_utterances are those of transcripts in one string.
with
speakers as (select * from speaker_records),

pieces as (select * from split_utterances),

counted as (
  select
    export_no, record, call_id, batch_id, utterances as segment_count, given_utterances > utterances as is_gapped
  from speakers
  where utterances > 0
  union all by name
  select
    export_no, record, any_value(call_id) as call_id, any_value(batch_id) as batch_id, count(*) as segment_count,
    false as is_gapped
  from pieces
  group by all
),

final as (
  select
    *, row_number() over (partition by call_id order by export_no, record) as occurrence,
    null::bigint as transcript_file
  from counted
)

select * from final

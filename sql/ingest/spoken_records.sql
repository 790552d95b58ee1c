-- what: The call records whose transcript holds an utterance that can be used.
-- grain: one row per raw record
-- inputs: heard_records, irregular_utterances
-- outputs:
--   export_no, record, call_id, batch_id (the call's own or its envelope's), segment_count (utterances, a count),
--   occurrence (from 1: the how manieth transcript of the same call among these records), is_gapped (whether an
--   utterance of it can't be used), transcript_file (none yet)
-- note: heard_records has a row for each record: how many utterances were taken from it because its transcript is
-- regular (all of them can be used), and no call_id where it can't be used itself.
with
heard as (select * from heard_records),

utterances as (select * from irregular_utterances),

counted as (
  select export_no, record, call_id, batch_id, utterances as segment_count, false as is_gapped
  from heard
  where utterances > 0 and call_id is not null
  union all by name
  select export_no, record, any_value(call_id) as call_id, any_value(batch_id) as batch_id,
    count(text) as segment_count, count(*) > count(text) as is_gapped
  from utterances
  group by all
  having count(text) > 0
),

final as (
  select
    *, row_number() over (partition by call_id order by export_no, record) as occurrence,
    null::bigint as transcript_file
  from counted
)

select * from final

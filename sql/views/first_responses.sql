-- what: The first thing that the person said in each call.
-- grain: one row per call in which a human utterance is held
-- inputs: calls, segments
-- outputs:
--   source: the platform
--   call_id: the call
--   batch_id: the call's batch; null while unknown
--   call_time (UTC): when the call was
--   outcome: what became of the call
--   text: what was said, as exported
--   text_key: the text folded for counting
--   position: place in the transcript, from 1
with
first_human as (
  select source, call_id, text, text_key, position
  from segments
  where speaker = 'human'
  qualify row_number() over (partition by source, call_id order by position) = 1
),

final as (
  select
    first_human.source,
    first_human.call_id,
    calls.batch_id,
    calls.call_time,
    calls.outcome,
    first_human.text,
    first_human.text_key,
    first_human.position
  from first_human
  join calls on first_human.source = calls.source and first_human.call_id = calls.call_id
)

select * from final

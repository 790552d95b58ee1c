-- what: Calls of the lake whose time is their batch's, which this run changes, besides those that it holds already.
-- grain: one row per call
-- inputs: calls, held_calls, rescheduled_batches
-- outputs:
--   the columns of calls
with
held as (select * from held_calls),

batches as (select * from rescheduled_batches),

final as (
  select *
  from calls
  semi join batches using (source, batch_id)
  anti join held using (source, call_id)
  where started_at is null and created_at is null
)

select * from final

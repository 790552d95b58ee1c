-- what: Retell's answer to a batch of calls.
-- grain: one row per raw record
-- inputs: given_batches
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_batches reads, as text (NULL where absent)
-- records:
--   batch_call_id, total_task_count
-- fields:
--   batch_id: batch_call_id
--   reported_total_calls: total_task_count
-- counted:
--   reported_total_calls: planned
-- note: `scheduled_timestamp` is seconds in one place of the reference and milliseconds in another: it stays in
-- `extra`.
with
fields as (select * from given_batches),

final as (
  select * from fields
)

select * from final

-- what: Bolna's batches.
-- grain: one row per raw record
-- inputs: given_batches
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_batches reads, as text (NULL where absent)
-- records:
--   batch_id, and one of execution_status{}, valid_contacts, from_phone_numbers
-- fields:
--   batch_id: batch_id
--   status: status
--   created_at: created_at
--   updated_at: updated_at
--   reported_completed: execution_status.completed
-- counted:
--   reported_completed: connected
-- note: Neither `valid_contacts` nor `total_contacts` is surely the number of calls: both stay in `extra`.
with
fields as (select * from given_batches),

final as (
  select * from fields
)

select * from final

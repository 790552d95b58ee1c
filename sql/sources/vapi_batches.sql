-- what: Vapi's campaigns.
-- grain: one row per raw record
-- inputs: given_batches
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_batches reads, as text (NULL where absent)
-- records:
--   id, and one of callsCounterScheduled, callsCounterEnded
-- fields:
--   batch_id: id
--   status: status
--   created_at: createdAt
--   updated_at: updatedAt
--   reported_completed: callsCounterEnded
-- counted:
--   reported_completed: ended
-- note: A campaign has a call's `orgId`, `status` and `endedReason`, and is none. Its other counters are of calls that have
-- been in a state, and stay in `extra`.
with
fields as (select * from given_batches),

final as (
  select * from fields
)

select * from final

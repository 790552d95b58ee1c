-- what: ElevenLabs' batches; each recipient that has a conversation is a call of one.
-- grain: one row per raw record
-- inputs: given_batches
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_batches reads, as text (NULL where absent)
-- records:
--   id, and one of recipients[], total_calls_scheduled
-- calls: recipients
-- fields:
--   batch_id: id
--   status: status
--   created_at: created_at_unix (Unix seconds)
--   updated_at: last_updated_at_unix (Unix seconds)
--   reported_total_calls: total_calls_scheduled
-- counted:
--   reported_total_calls: planned
-- note: `total_calls_finished` counts failed calls, too, and stays in `extra`.
with
fields as (select * from given_batches),

final as (
  select * from fields
)

select * from final

-- what: Atoms' campaigns.
-- grain: one row per raw record
-- inputs: given_batches
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_batches reads, as text (NULL where absent)
-- records:
--   _id, and one of participantsCount, audienceId
-- fields:
--   batch_id: _id
--   status: status
--   created_at: createdAt
--   updated_at: updatedAt
-- note: A campaign's counts are of participants, not of calls, and stay in `extra`.
with
fields as (select * from given_batches),

final as (
  select * from fields
)

select * from final

-- what: Batches of this run whose creation time is another than the lake held, for calls that have no other time.
-- grain: one row per batch
-- inputs: merged_batches, held_batches
-- outputs:
--   source, batch_id, the batch
with
merged as (select * from merged_batches),

held as (select * from held_batches),

final as (
  select merged.source, merged.batch_id
  from merged
  left join held using (source, batch_id)
  where merged.created_at is distinct from held.created_at
)

select * from final

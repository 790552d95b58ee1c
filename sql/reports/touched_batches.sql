-- what: The batches that a report is about: those named, and those that the selected calls belong to.
-- grain: one row per batch
-- inputs: selected_calls, named_batches
-- outputs:
--   source: the platform
--   batch_id: the batch
with
final as (
  select source, batch_id
  from selected_calls
  where batch_id is not null
  union
  select source, batch_id
  from named_batches
)

select * from final

-- what: The batches of one platform that a pull asks for again: not finished, and changed recently.
-- grain: one row per batch
-- inputs: batches
-- outputs:
--   batch_id: the batch
-- parameters: $source (whose), $finished (statuses that are final), $since_run (the id of the earliest run that counts as
-- recent)
with
final as (
  select batch_id
  from batches
  where source = $source
    and last_run_id >= $since_run
    and completed_at is null
    and not coalesce(list_contains($finished, status), false)
)

select * from final
order by batch_id

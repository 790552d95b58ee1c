-- what: How many calls of each batch were erased, removed or kept as figures without a person.
-- grain: one row per batch
-- inputs: erasures
-- outputs:
--   batch: the batch's source and its id as it is now, as svalync/batch_1
--   calls (calls): its calls that were erased
with
entries as (select unnest(map_entries(batches)) as entry from erasures where mode <> 'redact'),

final as (
  select entry.key as batch, sum(entry.value)::bigint as calls
  from entries
  group by entry.key
)

select * from final

-- what: How many calls of each batch were erased, removed or kept as figures without a person.
-- grain: one row per batch id
-- inputs: erasures
-- outputs:
--   batch_id: the batch's id, as it is now
--   calls (calls): its calls that were erased
with
entries as (select unnest(map_entries(batches)) as entry from erasures where mode <> 'redact'),

final as (
  select entry.key as batch_id, sum(entry.value)::bigint as calls
  from entries
  group by entry.key
)

select * from final

-- what: The currency of each batch's costs, of the batches whose costs are all in one.
-- grain: one row per batch
-- inputs: calls
-- outputs:
--   source: the platform: another one may use the same id
--   batch_id: the batch
--   currency: NULL where the exports name none
with
final as (
  select source, batch_id, min(currency) as currency
  from calls
  where cost is not null and batch_id is not null
  group by source, batch_id
  having count(distinct coalesce(currency, '')) = 1
)

select * from final

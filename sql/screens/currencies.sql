-- what: The currency of each batch's costs, of the batches whose costs are all in one.
-- grain: one row per batch id
-- inputs: calls
-- outputs:
--   batch_id: the batch; NULL for calls without one
--   currency: NULL where the exports name none
with
final as (
  select batch_id, min(currency) as currency
  from calls
  where cost is not null
  group by batch_id
  having count(distinct coalesce(currency, '')) = 1
)

select * from final

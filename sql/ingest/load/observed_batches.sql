-- what: What the exports of this run say of batches; a batch that only its calls name is there with its id alone.
-- grain: one row per usable batch record, and one per batch named by calls
-- inputs: enveloped_batches, observed_calls
-- outputs:
--   the merged columns of `batches`, `status_rank` and `observed_at` (UTC)
with
recorded as (select * exclude (export_no, document, record, export_id, is_whole) from enveloped_batches),

calls as (select * from observed_calls),

named as (
  select source, batch_id, max(observed_at) as observed_at
  from calls
  where batch_id is not null
  group by all
),

final as (select * from recorded union all by name select * from named)

select * from final

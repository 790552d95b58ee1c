-- what: What the exports of this run say of batches; a batch that only its calls name is there with its id alone.
-- grain: one row per usable batch record, and one per batch named by calls
-- inputs: staged_batches, observed_calls, read_exports, status_names
-- outputs:
--   the merged columns of `batches`, `status_rank`, and `observed_at` (updated_at, else exported_at, else the
--   export's time, UTC)
with
staged as (select * from staged_batches),

calls as (select * from observed_calls),

exports as (select * from read_exports),

names as (select * from status_names),

recorded as (
  select
    exports.source,
    staged.* exclude (export_no, document, record, line, identity, updated_at, exported_at, read_at, faults),
    coalesce(updated_at, exported_at, read_at) as observed_at,
    coalesce(names.rank, -1) as status_rank
  from staged
  inner join exports using (export_no)
  left join names on names.key = status_key(staged.status_reported)
),

named as (
  select source, batch_id, max(observed_at) as observed_at
  from calls
  where batch_id is not null
  group by all
),

final as (select * from recorded union all by name select * from named)

select * from final

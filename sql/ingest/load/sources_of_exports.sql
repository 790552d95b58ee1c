-- what: The exports of this run; if no source was named, each has the platform of its records, where that is one.
-- grain: one row per export read
-- inputs: read_exports, staged_calls, staged_batches, staged_problems
-- outputs:
--   the columns of read_exports
with
given as (select * from read_exports),

records as (
  select export_no, source from staged_calls
  union
  select export_no, source from staged_batches
  union
  select export_no, source from staged_problems where source is not null
),

single as (
  select export_no, min(source) as platform
  from records
  group by export_no
  having count(*) = 1
),

final as (
  select given.* replace (if(is_source_named, source, coalesce(platform, source)) as source)
  from given
  left join single using (export_no)
)

select * from final

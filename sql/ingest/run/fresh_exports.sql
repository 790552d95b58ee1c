-- what: The exports that this run read whole, each with how many problems were found in it.
-- grain: one row per export read
-- inputs: read_exports, fresh_problems
-- outputs:
--   the columns of read_exports that the lake keeps; problems, a count
with
exports as (select * from read_exports),

problems as (select * from fresh_problems),

found as (
  select export_id, count(*) as problems
  from problems
  group by export_id
),

final as (
  select
    exports.* exclude (is_whole, is_source_named, named_batch_id),
    coalesce(found.problems, 0) as problems
  from exports
  left join found using (export_id)
  where exports.export_id is not null and exports.is_whole
)

select * from final

-- what: The problems that this run found, as the lake keeps them; one that is held already is not told again.
-- grain: one row per problem
-- inputs: staged_problems, read_exports, problems
-- outputs:
--   the columns of `problems` without run_id
with
staged as (select * from staged_problems),

exports as (select * from read_exports),

held as (select * from problems),

named as (
  select
    sha256(to_json([
      exports.source, coalesce(exports.export_id, staged.location), staged.record::varchar,
      staged.byte::varchar, staged.code, staged.field, staged.raw
    ])::varchar) as problem_id,
    exports.source,
    exports.export_id,
    staged.* exclude (export_no, observed_at),
    coalesce(staged.observed_at, exports.observed_at) as observed_at
  from staged
  inner join exports using (export_no)
),

final as (
  select distinct on (problem_id) named.*
  from named
  where export_id is not null
    or problem_id not in (select held.problem_id from held)
)

select * from final

-- what: What could not be used, counted by export and kind.
-- grain: one row per location, level and code
-- inputs: problems
-- outputs:
--   location: the export's path, with the member's after `!` in an archive
--   level: file, record or field
--   code: what is wrong, in one stable word
--   problems (problems): how many
--   fields: the fields concerned, at level field
--   example: the message of one of them
--   last_run_id: the newest run that found one
with
final as (
  select
    location,
    level,
    code,
    count(*) as problems,
    list_sort(list(distinct field) filter (where field is not null)) as fields,
    min(message) as example,
    max(run_id) as last_run_id
  from problems
  group by location, level, code
)

select * from final

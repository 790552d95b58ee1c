-- what: Problems counted by what is wrong with which export.
-- grain: one row per export, level, code and field
-- inputs: selected_problems
-- outputs:
--   export: the file's name without its folders; after `!`, the member's in an archive
--   level: file, record or field
--   code: what is wrong, in one word
--   field: which field; null beyond single fields
--   problems (problems): how many there are
--   message: what is wrong, in a sentence
with
problems as (select * from selected_problems),

final as (
  select
    regexp_replace(location, '(^|!).*/', '\1') as export,
    level,
    code,
    field,
    count(*) as problems,
    min(message) as message
  from problems
  group by all
)

select * from final

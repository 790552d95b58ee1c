-- what: How many problems this run found of each code.
-- grain: one row per code
-- inputs: fresh_problems
-- outputs:
--   code, what is wrong in one word
--   problems (problems): how many there are
with
found as (select * from fresh_problems),

final as (
  select code, count(*) as problems
  from found
  group by code
)

select * from final
order by code

-- what: Statuses that this run's calls were reported with and that mean none of ours.
-- grain: one row per status as it was spelled
-- inputs: observed_calls
-- outputs:
--   spelling, the status as reported
--   calls (calls): how many call records have it
with
calls as (select * from observed_calls),

final as (
  select status_reported as spelling, count(*) as calls
  from calls
  where outcome = 'unknown' and status_reported is not null and status_key(status_reported) <> 'unknown'
  group by status_reported
)

select * from final
order by spelling

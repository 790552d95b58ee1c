-- what: Calls, completion and cost over time; an hour and a day begin by the session's time zone.
-- grain: one row per group_key, hour and currency; calls without a call_time have a null hour and day
-- inputs: selected_calls
-- outputs:
--   group_key: the values grouped by where selected_calls has such a column, else null: one group
--   day: the beginning of the day that call_time falls in
--   hour: the beginning of the hour that call_time falls in
--   currency: the currency of the calls' costs; null where the export names none
--   total_calls (calls): calls of that hour and currency
--   completed (calls): those whose outcome is completed
--   failed (calls): those whose outcome is failed
--   in_progress (calls): those whose outcome is in_progress
--   total_cost (money): sum of their known costs, exact; null where none is known
with
calls_by_group as (
  select * from selected_calls
  union all by name
  select null as group_key where false
),

-- Every hour of every time zone of today begins on a quarter of an hour; a zone is slow to look up for each call.
quarters as (
  select
    group_key,
    time_bucket(interval '15 minutes', call_time at time zone 'UTC') as quarter,
    currency,
    count(*) as total_calls,
    count(*) filter (where outcome = 'completed') as completed,
    count(*) filter (where outcome = 'failed') as failed,
    count(*) filter (where outcome = 'in_progress') as in_progress,
    sum(cost) as total_cost
  from calls_by_group
  group by all
),

-- Subtracting the minutes keeps the two equal hours of a night in autumn apart, which date_trunc makes one.
hours as (
  select
    quarters.* exclude (quarter),
    date_trunc('day', quarter at time zone 'UTC') as day,
    quarter at time zone 'UTC' - to_minutes(extract('minute' from quarter at time zone 'UTC')) as hour
  from quarters
),

final as (
  select
    group_key,
    day,
    hour,
    currency,
    sum(total_calls)::bigint as total_calls,
    sum(completed)::bigint as completed,
    sum(failed)::bigint as failed,
    sum(in_progress)::bigint as in_progress,
    sum(total_cost)::decimal(38, 6) as total_cost
  from hours
  group by group_key, day, hour, currency
)

select * from final

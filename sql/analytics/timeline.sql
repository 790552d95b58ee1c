-- what: Calls, completion and cost over time; an hour and a day begin by the session's time zone: family timeline.
-- grain: one row per group_key, hour and currency, and one per hour and currency for all where there are groups; calls
--        without a call_time have a null hour and day
-- inputs: selected_calls
-- outputs:
--   group_key: the values grouped by where selected_calls has such a column, else null: one group; null for all groups
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
quarters as materialized (
  select
    group_key,
    epoch_us(call_time) - (epoch_us(call_time) % 900000000 + 900000000) % 900000000 as quarter,
    currency,
    count(*) as total_calls,
    count(*) filter (where outcome = 'completed') as completed,
    count(*) filter (where outcome = 'failed') as failed,
    count(*) filter (where outcome = 'in_progress') as in_progress,
    sum(cost) as total_cost
  from calls_by_group
  group by
    group_key, epoch_us(call_time) - (epoch_us(call_time) % 900000000 + 900000000) % 900000000, currency
),

with_whole as (
  select * from quarters
  union all
  select
    null as group_key,
    quarter,
    currency,
    sum(total_calls)::bigint as total_calls,
    sum(completed)::bigint as completed,
    sum(failed)::bigint as failed,
    sum(in_progress)::bigint as in_progress,
    sum(total_cost)::decimal(38, 6) as total_cost
  from quarters
  where group_key is not null
  group by quarter, currency
),

-- Subtracting the minutes keeps the two equal hours of a night in autumn apart, which date_trunc makes one.
without_minutes as (
  select
    group_key,
    currency,
    total_calls,
    completed,
    failed,
    in_progress,
    total_cost,
    date_trunc('day', make_timestamptz(quarter)) as day,
    quarter - 60000000 * extract('minute' from make_timestamptz(quarter))::bigint as hour
  from with_whole
),

-- Where clocks move by half an hour, on Lord Howe Island, an hour begins with the change, at half past.
hours as (
  select
    group_key,
    currency,
    total_calls,
    completed,
    failed,
    in_progress,
    total_cost,
    day,
    make_timestamptz(hour + 60000000 * extract('minute' from make_timestamptz(hour))::bigint) as hour
  from without_minutes
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

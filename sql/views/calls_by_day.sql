-- what: Calls, outcomes, talk time and cost of each day, by agent.
-- grain: one row per platform, day (UTC), agent and currency; a row without a day for calls without a time
-- inputs: calls
-- outputs:
--   source: the platform
--   day (UTC): the day of call_time
--   agent_id: the voice agent's id; null where unknown
--   currency: what total_cost is in; null where the export doesn't say
--   total_calls (calls): calls held
--   completed (calls): calls whose outcome is completed
--   failed (calls): calls whose outcome is failed
--   in_progress (calls): calls whose outcome is in_progress
--   unknown (calls): calls whose outcome is unknown
--   success_rate (ratio): share of the calls that were completed = completed / total_calls
--   total_duration_seconds (seconds): sum of the known durations, each counted to the microsecond
--   total_cost (currency): sum of the known costs; null without any
with
daily as (
  select
    source,
    (call_time at time zone 'UTC')::date as day,
    agent_id,
    currency,
    count(*) as total_calls,
    count(*) filter (where outcome = 'completed') as completed,
    count(*) filter (where outcome = 'failed') as failed,
    count(*) filter (where outcome = 'in_progress') as in_progress,
    count(*) filter (where outcome = 'unknown') as unknown,
    sum(try_cast(round_even(duration_seconds * 1e6, 0) as bigint)::hugeint) / 1e6 as total_duration_seconds,
    sum(cost) as total_cost
  from calls
  group by source, (call_time at time zone 'UTC')::date, agent_id, currency
),

final as (
  select
    source,
    day,
    agent_id,
    currency,
    total_calls,
    completed,
    failed,
    in_progress,
    unknown,
    completed / total_calls as success_rate,
    total_duration_seconds,
    total_cost
  from daily
)

select * from final

-- what: How many calls there are, what became of them, and what they lasted and cost in all: families calls and success.
-- grain: one row per group_key, and one for all where there are groups; no row where no call is selected
-- inputs: selected_calls
-- outputs:
--   group_key: the values grouped by where selected_calls has such a column, else null: one group; null for all groups
--   total_calls (calls): calls selected
--   completed (calls): calls whose outcome is completed
--   failed (calls): calls whose outcome is failed, that is failed, busy, no_answer, voicemail or cancelled
--   in_progress (calls): calls whose outcome is in_progress, that is scheduled, queued, ringing or in_progress
--   unknown (calls): calls whose outcome is unknown
--   by_status (calls): calls of each status
--   average_duration (seconds): mean length of the calls with a known one = duration_total / duration_calls
--   calls_without_duration (calls): calls without a known duration
--   total_cost (money): sum of their known costs, exact, from which credits are taken off; one for each currency
--   calls_without_cost (calls): calls without a known cost
--   success_rate (ratio): share of all calls that were completed = completed / total_calls
--   finished (calls): calls whose outcome is completed or failed
--   completed_of_finished (ratio): share of the finished calls that were completed = completed / finished
--   success_known (calls): calls that the platform reports as a success or not
--   succeeded (calls): calls that the platform calls a success
--   success_of_known (ratio): share of the calls with a success flag where it is true = succeeded / success_known
with
calls_by_group as (
  select * from selected_calls
  union all by name
  select null as group_key where false
),

timed as (
  select
    group_key,
    status,
    outcome,
    success,
    currency,
    cost,
    try_cast(round_even(duration_seconds * 1e6, 0) as bigint)::hugeint as micros
  from calls_by_group
),

-- One row for calls that are alike: far fewer than calls. Whole units add up to the same sum in any order.
alike as materialized (
  select
    group_key,
    status,
    outcome,
    success,
    currency,
    count(*) as calls,
    count(micros) as timed_calls,
    sum(micros) as micros,
    count(cost) as priced_calls,
    sum(cost) as cost
  from timed
  group by group_key, status, outcome, success, currency
),

with_whole as materialized (
  select * from alike
  union all
  select
    null as group_key,
    status,
    outcome,
    success,
    currency,
    sum(calls)::bigint as calls,
    sum(timed_calls)::bigint as timed_calls,
    sum(micros) as micros,
    sum(priced_calls)::bigint as priced_calls,
    sum(cost)::decimal(38, 6) as cost
  from alike
  where group_key is not null
  group by status, outcome, success, currency
),

priced as (
  select group_key, currency, sum(priced_calls)::bigint as calls, sum(cost)::decimal(38, 6) as total
  from with_whole
  where priced_calls > 0
  group by group_key, currency
),

costs as (
  select group_key, list({currency: currency, calls: calls, total: total}) as totals
  from priced
  group by group_key
),

counted as (
  select
    group_key,
    sum(calls)::bigint as total_calls,
    coalesce(sum(calls) filter (where outcome = 'completed'), 0)::bigint as completed,
    coalesce(sum(calls) filter (where outcome = 'failed'), 0)::bigint as failed,
    coalesce(sum(calls) filter (where outcome = 'in_progress'), 0)::bigint as in_progress,
    {
      scheduled: coalesce(sum(calls) filter (where status = 'scheduled'), 0)::bigint,
      queued: coalesce(sum(calls) filter (where status = 'queued'), 0)::bigint,
      ringing: coalesce(sum(calls) filter (where status = 'ringing'), 0)::bigint,
      in_progress: coalesce(sum(calls) filter (where status = 'in_progress'), 0)::bigint,
      completed: coalesce(sum(calls) filter (where status = 'completed'), 0)::bigint,
      failed: coalesce(sum(calls) filter (where status = 'failed'), 0)::bigint,
      busy: coalesce(sum(calls) filter (where status = 'busy'), 0)::bigint,
      no_answer: coalesce(sum(calls) filter (where status = 'no_answer'), 0)::bigint,
      voicemail: coalesce(sum(calls) filter (where status = 'voicemail'), 0)::bigint,
      cancelled: coalesce(sum(calls) filter (where status = 'cancelled'), 0)::bigint,
      unknown: coalesce(sum(calls) filter (where status = 'unknown'), 0)::bigint
    } as by_status,
    sum(timed_calls)::bigint as timed_calls,
    sum(micros) as micros,
    sum(priced_calls)::bigint as priced_calls,
    coalesce(sum(calls) filter (where success is not null), 0)::bigint as success_known,
    coalesce(sum(calls) filter (where success), 0)::bigint as succeeded
  from with_whole
  group by group_key
),

final as (
  select
    counted.group_key,
    counted.total_calls,
    counted.completed,
    counted.failed,
    counted.in_progress,
    counted.total_calls - counted.completed - counted.failed - counted.in_progress as unknown,
    counted.by_status,
    counted.micros / nullif(counted.timed_calls, 0) / 1e6 as average_duration,
    counted.total_calls - counted.timed_calls as calls_without_duration,
    costs.totals as total_cost,
    counted.total_calls - counted.priced_calls as calls_without_cost,
    counted.completed / counted.total_calls as success_rate,
    counted.completed + counted.failed as finished,
    counted.completed / nullif(counted.completed + counted.failed, 0) as completed_of_finished,
    counted.success_known,
    counted.succeeded,
    counted.succeeded / nullif(counted.success_known, 0) as success_of_known
  from counted
  left join costs on costs.group_key is not distinct from counted.group_key
)

select * from final

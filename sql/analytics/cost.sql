-- what: The figures about what calls cost, exact: decimals and whole numbers from end to end. A credit is a cost below 0:
--       family cost.
-- grain: one row per group_key and currency, and one per currency for all where there are groups, over calls with a cost;
--        no row where none has one
-- inputs: selected_calls
-- outputs:
--   group_key: the values grouped by where selected_calls has such a column, else null: one group; null for all groups
--   currency: the currency of the amounts; null where the export names none
--   cost_calls (calls): calls with a known cost in this currency
--   cost_total (money): sum of their costs, exact, from which credits are taken off
--   cost_mean (money): mean cost, rounded half to even at 6 decimals = cost_total / cost_calls
--   cost_median (money): the middle cost, interpolated linearly between two neighbours and rounded so
--   cost_p95 (money): 95 % of the costs are at most this, interpolated linearly and rounded so
--   cost_min (money): the lowest cost, the largest credit where there is one
--   cost_max (money): the highest cost
--   cost_completed_calls (calls): completed calls with a known cost in this currency
--   cost_per_completed_call (money): cost of all calls for each completed one, rounded so = cost_total / cost_completed_calls
--   cost_timed_calls (calls): calls with a known cost in this currency and a known duration
--   cost_timed_minutes (minutes): how long those lasted
--   cost_per_minute (money): what a minute costs, rounded so = cost of the timed calls / cost_timed_minutes
with
calls_by_group as (
  select * from selected_calls
  union all by name
  select null as group_key where false
),

timed as (
  select
    group_key,
    outcome,
    currency,
    cost,
    try_cast(round_even(duration_seconds * 1e6, 0) as bigint)::hugeint as micros
  from calls_by_group
  where cost is not null
),

-- One row a price: far fewer than calls, and as good as a sorted list of all of them.
prices as materialized (
  select
    group_key,
    currency,
    cost,
    count(*) as calls,
    count(*) filter (where outcome = 'completed') as completed_calls,
    count(micros) as timed_calls,
    sum(micros) as micros
  from timed
  group by group_key, currency, cost
),

with_whole as (
  select * from prices
  union all
  select
    null as group_key,
    currency,
    cost,
    sum(calls)::bigint as calls,
    sum(completed_calls)::bigint as completed_calls,
    sum(timed_calls)::bigint as timed_calls,
    sum(micros) as micros
  from prices
  where group_key is not null
  group by currency, cost
),

placed as (
  select
    group_key,
    currency,
    cost::decimal(38, 6) as cost,
    calls,
    completed_calls,
    timed_calls,
    micros,
    sum(calls) over (partition by group_key, currency order by cost) as calls_up_to,
    sum(calls) over (partition by group_key, currency) - 1 as last_place
  from with_whole
),

-- The call at place k of n, from 0, has the lowest price with more than k calls up to it. The median lies at
-- (n - 1) / 2, the 95th percentile at 19 (n - 1) / 20; `beyond` is how far past a call, in halves and twentieths.
summed as (
  select
    group_key,
    currency,
    sum(calls)::bigint as calls,
    sum(cost * calls) as total,
    min(cost) as lowest,
    max(cost) as highest,
    sum(completed_calls)::bigint as completed_calls,
    sum(timed_calls)::bigint as timed_calls,
    sum(micros)::hugeint as micros,
    sum(cost * timed_calls) as timed_total,
    any_value(last_place % 2) as median_beyond,
    min(cost) filter (where calls_up_to > last_place // 2) as median_low,
    min(cost) filter (where calls_up_to > (last_place + 1) // 2) as median_high,
    any_value(19 * last_place % 20) as p95_beyond,
    min(cost) filter (where calls_up_to > 19 * last_place // 20) as p95_low,
    min(cost) filter (where calls_up_to > (19 * last_place + 19) // 20) as p95_high
  from placed
  group by group_key, currency
),

-- Each a numerator in millionths of the currency, and a denominator.
fractions as (
  select
    *,
    list_transform(
      [
        {amount: total, parts: calls},
        {amount: 2 * median_low + median_beyond * (median_high - median_low), parts: 2},
        {amount: 20 * p95_low + p95_beyond * (p95_high - p95_low), parts: 20},
        {amount: total, parts: completed_calls},
        {amount: timed_total * 60000000, parts: micros}
      ],
      lambda fraction: {
        millionths: (fraction.amount * 1000000)::hugeint,
        parts: nullif(fraction.parts::hugeint, 0)
      }
    ) as fractions
  from summed
),

rounded as (
  select
    *,
    list_transform(
      list_transform(
        fractions,
        lambda fraction: if(fraction.millionths < 0, -1, 1) * (
          abs(fraction.millionths)::hugeint // fraction.parts + case
            when 2 * (abs(fraction.millionths) % fraction.parts) + abs(fraction.millionths)::hugeint // fraction.parts % 2
              > fraction.parts
            then 1 else 0
          end
        )
      ),
      lambda millionths: (millionths::decimal(38, 0) * 0.000001)::decimal(38, 6)
    ) as amounts
  from fractions
),

final as (
  select
    group_key,
    currency,
    calls as cost_calls,
    total as cost_total,
    amounts[1] as cost_mean,
    amounts[2] as cost_median,
    amounts[3] as cost_p95,
    lowest as cost_min,
    highest as cost_max,
    completed_calls as cost_completed_calls,
    amounts[4] as cost_per_completed_call,
    timed_calls as cost_timed_calls,
    micros / 6e7 as cost_timed_minutes,
    amounts[5] as cost_per_minute
  from rounded
)

select * from final

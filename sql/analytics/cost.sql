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

-- A bucket's costs lie between those of its neighbours; how wide it is changes what is done, not what is found.
timed as (
  select
    group_key,
    outcome,
    currency,
    cost,
    floor(sqrt(greatest(cost, 0)) * 64)::bigint as bucket,
    try_cast(round_even(duration_seconds * 1e6, 0) as bigint)::hugeint as micros
  from calls_by_group
  where cost is not null
),

-- Some hundred rows a group, where prices may be nearly as many as calls: to sort those takes longer than all the rest.
buckets as materialized (
  select
    group_key,
    currency,
    bucket,
    count(*) as calls,
    count(*) filter (where outcome = 'completed') as completed_calls,
    count(micros) as timed_calls,
    sum(micros) as micros,
    sum(cost) as total,
    sum(cost) filter (where micros is not null) as timed_total,
    min(cost) as lowest,
    max(cost) as highest
  from timed
  group by group_key, currency, bucket
),

with_whole as (
  select * from buckets
  union all
  select
    null as group_key,
    currency,
    bucket,
    sum(calls)::bigint as calls,
    sum(completed_calls)::bigint as completed_calls,
    sum(timed_calls)::bigint as timed_calls,
    sum(micros) as micros,
    sum(total)::decimal(38, 6) as total,
    sum(timed_total)::decimal(38, 6) as timed_total,
    min(lowest) as lowest,
    max(highest) as highest
  from buckets
  where group_key is not null
  group by currency, bucket
),

ranked as materialized (
  select
    *,
    (sum(calls) over (partition by group_key, currency order by bucket))::bigint as calls_up_to,
    (sum(calls) over (partition by group_key, currency))::bigint - 1 as last_place
  from with_whole
),

-- The call at place k of n, from 0, has the lowest price with more than k calls up to it. The median lies at
-- (n - 1) / 2, the 95th percentile at 19 (n - 1) / 20. These are the buckets with the last call up to there; the next call
-- is among the same, or the lowest of the next bucket.
sought as materialized (
  select distinct bucket
  from ranked
  where (calls_up_to > last_place // 2 and calls_up_to - calls <= last_place // 2)
    or (calls_up_to > 19 * last_place // 20 and calls_up_to - calls <= 19 * last_place // 20)
),

prices as materialized (
  select group_key, currency, cost, count(*) as calls
  from timed
  where bucket in (select bucket from sought)
  group by group_key, currency, cost
),

-- One row a price in the buckets sought, and one for each bucket with what all of it adds up to; a bucket's calls stand
-- there or here. Its lowest cost is the right place for them.
parts as (
  select
    group_key,
    currency,
    cost,
    calls,
    null as completed_calls,
    null as timed_calls,
    null as micros,
    null as total,
    null as timed_total,
    null as highest
  from prices
  union all
  select
    null as group_key,
    currency,
    cost,
    sum(calls)::bigint as calls,
    null as completed_calls,
    null as timed_calls,
    null as micros,
    null as total,
    null as timed_total,
    null as highest
  from prices
  where group_key is not null
  group by currency, cost
  union all
  select
    ranked.group_key,
    ranked.currency,
    ranked.lowest as cost,
    if(sought.bucket is null, ranked.calls, 0) as calls,
    ranked.completed_calls,
    ranked.timed_calls,
    ranked.micros,
    ranked.total,
    ranked.timed_total,
    ranked.highest
  from ranked
  left join sought on sought.bucket = ranked.bucket
),

placed as (
  select
    *,
    (sum(calls) over (partition by group_key, currency order by cost))::bigint as calls_up_to,
    (sum(calls) over (partition by group_key, currency))::bigint - 1 as last_place
  from parts
),

-- `beyond` is how far past a call a percentile lies, in halves and twentieths.
summed as (
  select
    group_key,
    currency,
    sum(calls)::bigint as calls,
    sum(total)::decimal(38, 6) as total,
    min(cost)::decimal(38, 6) as lowest,
    max(highest)::decimal(38, 6) as highest,
    sum(completed_calls)::bigint as completed_calls,
    sum(timed_calls)::bigint as timed_calls,
    sum(micros)::hugeint as micros,
    sum(timed_total)::decimal(38, 6) as timed_total,
    any_value(last_place % 2) as median_beyond,
    (min(cost) filter (where calls_up_to > last_place // 2))::decimal(38, 6) as median_low,
    (min(cost) filter (where calls_up_to > (last_place + 1) // 2))::decimal(38, 6) as median_high,
    any_value(19 * last_place % 20) as p95_beyond,
    (min(cost) filter (where calls_up_to > 19 * last_place // 20))::decimal(38, 6) as p95_low,
    (min(cost) filter (where calls_up_to > (19 * last_place + 19) // 20))::decimal(38, 6) as p95_high
  from placed
  group by group_key, currency
),

-- Each a numerator in millionths of the currency, and a denominator. Where that is 0 (no call is completed, none is
-- timed) it is NULL, and so is the amount: a list of them keeps the place of one that is NULL.
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

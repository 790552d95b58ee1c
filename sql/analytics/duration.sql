-- what: How long calls lasted, to the microsecond: family duration.
-- grain: one row per group_key, and one for all where there are groups; no row where no call is selected
-- inputs: selected_calls
-- outputs:
--   group_key: the values grouped by where selected_calls has such a column, else null: one group; null for all groups
--   duration_calls (calls): calls with a known duration
--   duration_missing (calls): calls without a known duration
--   duration_total (seconds): sum of all known durations, each counted to the microsecond
--   duration_mean (seconds): mean of the known durations = duration_total / duration_calls
--   duration_non_zero_calls (calls): calls that lasted longer than 0 seconds
--   duration_mean_of_non_zero (seconds): mean of the durations above 0 = duration_total / duration_non_zero_calls
--   duration_completed_calls (calls): completed calls with a known duration
--   duration_mean_of_completed (seconds): mean over completed calls = their durations / duration_completed_calls
--   duration_median (seconds): the middle known duration, interpolated linearly between two neighbours
--   duration_p90 (seconds): 90 % of the known durations are at most this, interpolated linearly
--   duration_p95 (seconds): 95 % of the known durations are at most this, interpolated linearly
--   duration_min (seconds): the shortest known duration
--   duration_max (seconds): the longest known duration
--   duration_standard_deviation (seconds): of a sample (n - 1); null for fewer than two known durations
with
calls_by_group as (
  select * from selected_calls
  union all by name
  select null as group_key where false
),

-- One row a length: fewer than calls, and as good as a sorted list of all of them.
lengths as materialized (
  select
    group_key,
    duration_seconds,
    count(*) as calls,
    count(*) filter (where outcome = 'completed') as completed_calls
  from calls_by_group
  group by group_key, duration_seconds
),

with_whole as (
  select * from lengths
  union all
  select
    null as group_key,
    duration_seconds,
    sum(calls)::bigint as calls,
    sum(completed_calls)::bigint as completed_calls
  from lengths
  where group_key is not null
  group by duration_seconds
),

-- Whole units add up to the same sum in any order; floating point does not.
counted as (
  select
    group_key,
    try_cast(round_even(duration_seconds * 1e6, 0) as bigint) as micros,
    calls,
    completed_calls
  from with_whole
),

placed as (
  select
    group_key,
    micros::hugeint as micros,
    calls,
    completed_calls,
    (sum(calls) over (partition by group_key order by micros nulls last))::bigint as calls_up_to,
    (sum(if(micros is null, 0, calls)) over (partition by group_key))::bigint - 1 as last_place
  from counted
),

-- The call at place k of n, from 0, has the least length with more than k calls up to it. The median lies at (n - 1) / 2,
-- the 90th percentile at 9 (n - 1) / 10; `beyond` is how far past a call, in halves, tenths and twentieths.
summed as (
  select
    group_key,
    sum(calls)::bigint as total_calls,
    coalesce(sum(calls) filter (where micros is not null), 0)::bigint as known_calls,
    coalesce(sum(calls) filter (where micros > 0), 0)::bigint as non_zero_calls,
    coalesce(sum(completed_calls) filter (where micros is not null), 0)::bigint as completed_calls,
    sum(micros * calls) as micros,
    sum(micros * micros * calls) as squared_micros,
    sum(micros * completed_calls) as completed_micros,
    min(micros) as lowest,
    max(micros) as highest,
    max(last_place % 2) as median_beyond,
    min(micros) filter (where calls_up_to > last_place // 2) as median_low,
    min(micros) filter (where calls_up_to > (last_place + 1) // 2) as median_high,
    max(9 * last_place % 10) as p90_beyond,
    min(micros) filter (where calls_up_to > 9 * last_place // 10) as p90_low,
    min(micros) filter (where calls_up_to > (9 * last_place + 9) // 10) as p90_high,
    max(19 * last_place % 20) as p95_beyond,
    min(micros) filter (where calls_up_to > 19 * last_place // 20) as p95_low,
    min(micros) filter (where calls_up_to > (19 * last_place + 19) // 20) as p95_high
  from placed
  group by group_key
),

final as (
  select
    group_key,
    known_calls as duration_calls,
    total_calls - known_calls as duration_missing,
    micros / 1e6 as duration_total,
    micros / nullif(known_calls, 0) / 1e6 as duration_mean,
    non_zero_calls as duration_non_zero_calls,
    micros / nullif(non_zero_calls, 0) / 1e6 as duration_mean_of_non_zero,
    completed_calls as duration_completed_calls,
    completed_micros / nullif(completed_calls, 0) / 1e6 as duration_mean_of_completed,
    (2 * median_low + median_beyond * (median_high - median_low)) / 2e6 as duration_median,
    (10 * p90_low + p90_beyond * (p90_high - p90_low)) / 1e7 as duration_p90,
    (20 * p95_low + p95_beyond * (p95_high - p95_low)) / 2e7 as duration_p95,
    lowest / 1e6 as duration_min,
    highest / 1e6 as duration_max,
    sqrt(
      (known_calls * squared_micros - micros * micros) / nullif(known_calls::hugeint * (known_calls - 1), 0)
    ) / 1e6 as duration_standard_deviation
  from summed
)

select * from final

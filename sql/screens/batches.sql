-- what: The batches as a person reads them: the overview with what their calls came to.
-- grain: one row per batch, also where only calls of it have come
-- inputs: batch_overview, batches, calls
-- outputs:
--   source: the platform
--   batch_id: the batch
--   status: canonical state; null where only calls of it have come
--   created_at (UTC): when the batch was created
--   completed_at (UTC): when the batch was completed
--   total (calls): calls of the batch, as reported where that is more than are held
--   progress (ratio): share of the batch that is done
--   completed (calls): calls held whose outcome is completed
--   failed (calls): calls held whose outcome is failed
--   in_progress (calls): calls held whose outcome is in_progress
--   unknown (calls): calls held whose outcome is unknown
--   success_rate (ratio): share of the calls held = completed / held calls
--   total_cost (money): sum of the known costs of calls held; null without any, or over several currencies
--   currency: what total_cost is in
--   costs (money): the sum for each currency, the unnamed one last; null without any
--   average_duration_seconds (seconds): mean length of the calls held with a known one
--   median_duration_seconds (seconds): the middle length of those
--   p95_duration_seconds (seconds): 95 % of those lengths are at most this
--   costs_per_completed (money): for each currency, the sum for each completed call with a cost; null without any
--   observed_at (UTC): when the batch or a call of it was observed last
--   reported_total_calls (calls): calls in the batch, as reported
--   reported_completed (calls): completed calls, as reported
--   reported_failed (calls): failed calls, as reported
--   reported_in_progress (calls): calls in progress, as reported
--   reported_average_duration_seconds (seconds): mean length, as reported
--   reported_total_cost (money): total cost, as reported
--   reported_success_rate (ratio): success rate, as reported
--   first_run_id: the run that first wrote the batch; null where only calls of it have come
--   last_run_id: the run that last changed it
with
priced as (
  select
    source,
    batch_id,
    currency,
    sum(cost) as amount,
    count(*) filter (where outcome = 'completed') as completed_calls
  from calls
  where cost is not null and batch_id is not null
  group by source, batch_id, currency
),

-- What is rounded is a whole number of millionths, half to even, as the cost of every metric is.
shared as (
  select
    *,
    abs((amount * 1000000)::hugeint) as millionths,
    nullif(completed_calls, 0)::hugeint as parts
  from priced
),

costs as (
  select
    source,
    batch_id,
    list_transform(
      list_sort(list({unnamed: currency is null, currency: currency, amount: amount::decimal(38, 6)})),
      lambda one: {amount: one.amount, currency: one.currency}
    ) as costs,
    if(
      coalesce(sum(completed_calls), 0) = 0,
      null,
      list_transform(
        list_sort(
          list({
            unnamed: currency is null,
            currency: currency,
            amount: (if(amount < 0, -1, 1) * (
              millionths::hugeint // parts + case
                when 2 * (millionths % parts) + millionths::hugeint // parts % 2 > parts then 1 else 0
              end
            ))::decimal(38, 0) * 0.000001
          }) filter (where completed_calls > 0)
        ),
        lambda one: {amount: one.amount, currency: one.currency}
      )
    ) as costs_per_completed
  from shared
  group by source, batch_id
),

-- The length at place k of n, from 0, has more than k calls up to it. The median lies at (n - 1) / 2, the 95th
-- percentile at 19 (n - 1) / 20.
timed as (
  select
    source,
    batch_id,
    try_cast(round_even(duration_seconds * 1e6, 0) as bigint)::hugeint as micros,
    count(*) as calls
  from calls
  where batch_id is not null and try_cast(round_even(duration_seconds * 1e6, 0) as bigint) is not null
  group by source, batch_id, try_cast(round_even(duration_seconds * 1e6, 0) as bigint)::hugeint
),

placed as (
  select
    *,
    sum(calls) over (partition by source, batch_id order by micros) as calls_up_to,
    sum(calls) over (partition by source, batch_id) - 1 as last_place
  from timed
),

neighbours as (
  select
    source,
    batch_id,
    max(last_place % 2) as median_beyond,
    min(micros) filter (where calls_up_to > last_place // 2) as median_low,
    min(micros) filter (where calls_up_to > (last_place + 1) // 2) as median_high,
    max(19 * last_place % 20) as p95_beyond,
    min(micros) filter (where calls_up_to > 19 * last_place // 20) as p95_low,
    min(micros) filter (where calls_up_to > (19 * last_place + 19) // 20) as p95_high
  from placed
  group by source, batch_id
),

lengths as (
  select
    source,
    batch_id,
    (2 * median_low + median_beyond * (median_high - median_low)) / 2e6 as median,
    (20 * p95_low + p95_beyond * (p95_high - p95_low)) / 2e7 as p95
  from neighbours
),

final as (
  select
    overview.source,
    overview.batch_id,
    overview.status,
    overview.created_at,
    overview.completed_at,
    overview.total,
    overview.progress,
    overview.completed,
    overview.failed,
    overview.in_progress,
    overview.unknown,
    overview.completed / nullif(overview.held_calls, 0) as success_rate,
    overview.total_cost,
    overview.currency,
    costs.costs,
    overview.average_duration_seconds,
    lengths.median as median_duration_seconds,
    lengths.p95 as p95_duration_seconds,
    costs.costs_per_completed,
    overview.observed_at,
    overview.reported_total_calls,
    overview.reported_completed,
    overview.reported_failed,
    overview.reported_in_progress,
    batches.reported_average_duration_seconds,
    batches.reported_total_cost,
    batches.reported_success_rate,
    batches.first_run_id,
    batches.last_run_id
  from batch_overview as overview
  left join costs on overview.source = costs.source and overview.batch_id = costs.batch_id
  left join lengths on overview.source = lengths.source and overview.batch_id = lengths.batch_id
  left join batches on overview.source = batches.source and overview.batch_id = batches.batch_id
)

select * from final

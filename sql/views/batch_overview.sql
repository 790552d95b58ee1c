-- what: The latest state of every batch, with its calls held by outcome, its progress and its total cost.
-- grain: one row per batch, also where only calls of it have come
-- inputs: batches, calls, snapshots
-- outputs:
--   source: the platform
--   batch_id: the batch
--   status: canonical state; null where only calls of it have come
--   created_at (UTC): when the batch was created
--   completed_at (UTC): when the batch was completed
--   total (calls): calls of the batch, as reported where that is more than are held
--   done (calls): completed or failed; as reported where the lake doesn't hold all calls
--   progress (ratio): share of the batch that is done = done / total
--   held_calls (calls): calls of the batch that the lake holds
--   completed (calls): calls held whose outcome is completed
--   failed (calls): calls held whose outcome is failed
--   in_progress (calls): calls held whose outcome is in_progress
--   unknown (calls): calls held whose outcome is unknown
--   reported_total_calls (calls): calls in the batch, as reported
--   total_cost (currency): sum of the known costs of its calls, credits below 0; null without any or over several currencies
--   currency: what total_cost is in; null where the export doesn't say
--   currencies: what the known costs are in; several currencies don't add up; null in it is a currency the export doesn't say
--   average_duration_seconds (seconds): mean length of the calls held with a known one, each counted to the microsecond
--   observed_at (UTC): when the batch or a call of it was observed last
--   counted: reported, where total and done are as the platform reported them last; else held
--   counted_at (UTC): when what they count was observed
--   reported_completed (calls): completed calls by the newest report that counts calls, completed and failed; null without one
--   reported_failed (calls): failed calls by that report
--   reported_in_progress (calls): calls in progress by that report, 0 where it doesn't say
with
-- Whole units add up to the same sum in any order, floating point does not.
held as (
  select
    source,
    batch_id,
    count(*) as held_calls,
    count(*) filter (where outcome = 'completed') as completed,
    count(*) filter (where outcome = 'failed') as failed,
    count(*) filter (where outcome = 'in_progress') as in_progress,
    count(*) filter (where outcome = 'unknown') as unknown,
    sum(cost) as total_cost,
    if(
      count(cost) = 0,
      null,
      list_sort(list(distinct {unnamed: currency is null, currency: currency}) filter (where cost is not null))
    ) as currencies,
    sum(try_cast(round_even(duration_seconds * 1e6, 0) as bigint)::hugeint)
      / nullif(count(try_cast(round_even(duration_seconds * 1e6, 0) as bigint)), 0) / 1e6 as average_duration_seconds,
    max(observed_at) as observed_at
  from calls
  where batch_id is not null
  group by source, batch_id
),

reported as (
  select
    source,
    batch_id,
    observed_at,
    greatest(reported_total_calls, listed_calls) as total,
    reported_completed,
    reported_failed,
    coalesce(reported_in_progress, 0) as reported_in_progress
  from snapshots
  where reported_total_calls is not null and reported_completed is not null and reported_failed is not null
  qualify row_number() over (
    partition by source, batch_id order by observed_at desc, export_id desc, record desc
  ) = 1
),

counted as (
  select
    coalesce(batches.source, held.source) as source,
    coalesce(batches.batch_id, held.batch_id) as batch_id,
    batches.status,
    batches.created_at,
    batches.completed_at,
    coalesce(held.held_calls, 0) as held_calls,
    coalesce(held.completed, 0) as completed,
    coalesce(held.failed, 0) as failed,
    coalesce(held.in_progress, 0) as in_progress,
    coalesce(held.unknown, 0) as unknown,
    batches.reported_total_calls,
    if(array_length(held.currencies) = 1, held.total_cost, null) as total_cost,
    list_transform(held.currencies, lambda one: one.currency) as currencies,
    held.average_duration_seconds,
    greatest(batches.observed_at, held.observed_at) as observed_at
  from batches
  full join held on batches.source = held.source and batches.batch_id = held.batch_id
),

-- The one place that decides whether a batch is counted from its calls or as the platform reported it.
placed as (
  select
    counted.*,
    if(reported.total > counted.held_calls, 'reported', 'held') as counted,
    greatest(reported.total, counted.held_calls) as total,
    if(
      reported.total > counted.held_calls,
      reported.reported_completed + reported.reported_failed,
      counted.completed + counted.failed
    ) as done,
    if(reported.total > counted.held_calls, reported.observed_at, counted.observed_at) as counted_at,
    reported.reported_completed,
    reported.reported_failed,
    reported.reported_in_progress
  from counted
  left join reported on counted.source = reported.source and counted.batch_id = reported.batch_id
),

final as (
  select
    source,
    batch_id,
    status,
    created_at,
    completed_at,
    total,
    done,
    done / nullif(total, 0) as progress,
    held_calls,
    completed,
    failed,
    in_progress,
    unknown,
    reported_total_calls,
    total_cost,
    if(array_length(currencies) = 1, currencies[1], null) as currency,
    currencies,
    average_duration_seconds,
    observed_at,
    counted,
    counted_at,
    reported_completed,
    reported_failed,
    reported_in_progress
  from placed
)

select * from final

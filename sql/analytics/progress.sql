-- what: How far each batch had come at each observation of it.
-- grain: one row per batch and observation
-- inputs: snapshots
-- outputs:
--   source: the platform
--   batch_id: the batch
--   observed_at: when it was observed
--   export_id: the export that observed it
--   record: which record of that export
--   counted: reported, where the platform gave its counts; else listed, counted from the calls that it lists
--   listed_calls (calls): calls that this observation lists
--   total (calls): calls of the batch at that time; the reported number where there is one
--   done (calls): completed + failed
--   completed (calls): calls completed by then
--   failed (calls): calls failed by then
--   in_progress (calls): calls in progress at that time
--   unknown (calls): calls with no other reported state
with
observations as (select * from snapshots),

counted as (
  select
    *,
    case
      when reported_total_calls is not null and reported_completed is not null and reported_failed is not null
      then 'reported' else 'listed'
    end as counted
  from observations
),

counts as (
  select
    source,
    batch_id,
    observed_at,
    export_id,
    record,
    counted,
    coalesce(listed_calls, 0) as listed_calls,
    greatest(reported_total_calls, listed_calls, 0) as total,
    coalesce(if(counted = 'reported', reported_completed, listed_completed), 0) as completed,
    coalesce(if(counted = 'reported', reported_failed, listed_failed), 0) as failed,
    coalesce(if(counted = 'reported', reported_in_progress, listed_in_progress), 0) as in_progress
  from counted
),

final as (
  select
    source,
    batch_id,
    observed_at,
    export_id,
    record,
    counted,
    listed_calls,
    total,
    completed + failed as done,
    completed,
    failed,
    in_progress,
    greatest(total - completed - failed - in_progress, 0) as unknown
  from counts
)

select * from final

-- what: What a run changed, counted before anything is written.
-- grain: one row
-- inputs: merged_calls, held_calls, merged_batches, held_batches, fresh_problems
-- outputs:
--   calls_new, calls_updated, calls_unchanged, calls_not_understood, batches_new, batches_updated, problems: counts;
--   nothing was understood of a call whose state, time, duration and cost are all unknown
--   (a row counts as updated where a value other than its observation's time changed)
with
calls as (
  select
    merged.is_updated as is_changed,
    held.call_id is not null as is_held,
    merged.outcome = 'unknown'
      and coalesce(merged.started_at, merged.created_at, merged.ended_at) is null
      and merged.duration_seconds is null and merged.cost is null as is_not_understood
  from merged_calls merged
  left join held_calls held using (source, call_id)
),

batches as (
  select merged.is_updated as is_changed, held.batch_id is not null as is_held
  from merged_batches merged
  left join held_batches held using (source, batch_id)
),

counted_calls as (
  select
    count(*) filter (not is_held) as calls_new,
    count(*) filter (is_held and is_changed) as calls_updated,
    count(*) filter (is_held and not is_changed) as calls_unchanged,
    count(*) filter (is_not_understood) as calls_not_understood
  from calls
),

counted_batches as (
  select
    count(*) filter (not is_held) as batches_new,
    count(*) filter (is_held and is_changed) as batches_updated
  from batches
),

counted_problems as (select count(*) as problems from fresh_problems),

final as (select * from counted_calls cross join counted_batches cross join counted_problems)

select * from final

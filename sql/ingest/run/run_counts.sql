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

problems as (select * from fresh_problems),

final as (
  select
    (select count(*) from calls where not is_held) as calls_new,
    (select count(*) from calls where is_held and is_changed) as calls_updated,
    (select count(*) from calls where is_held and not is_changed) as calls_unchanged,
    (select count(*) from calls where is_not_understood) as calls_not_understood,
    (select count(*) from batches where not is_held) as batches_new,
    (select count(*) from batches where is_held and is_changed) as batches_updated,
    (select count(*) from problems) as problems
)

select * from final

-- what: Ends that merging found to be before their start, though each record was sound by itself.
-- grain: one row per call or batch whose end was dropped by this run
-- inputs: merged_calls, held_calls, merged_batches, held_batches, observed_calls, enveloped_batches, read_exports, problems
-- outputs:
--   the columns of `problems` without run_id; raw is the end that was dropped
with
dropped_calls as (
  select
    merged.source, merged.call_id, merged.batch_id, merged.ended_at_reported as dropped, merged.started_at as start
  from merged_calls as merged
  left join held_calls as held using (source, call_id)
  where merged.ended_at is null and merged.ended_at_reported is not null
    and not coalesce(held.ended_at is null and held.ended_at_reported = merged.ended_at_reported, false)
),

dropped_batches as (
  select merged.source, merged.batch_id, merged.completed_at_reported as dropped, merged.created_at as start
  from merged_batches as merged
  left join held_batches as held using (source, batch_id)
  where merged.completed_at is null and merged.completed_at_reported is not null
    and not coalesce(held.completed_at is null and held.completed_at_reported = merged.completed_at_reported, false)
),

exports as (select * from read_exports),

held as (select * from problems),

-- The observation of this run that is newest is the one whose export is named.
seen as (
  select
    source, call_id, null::varchar as batch_id, max(observed_at) as observed_at,
    arg_max(export_no, (observed_at, export_no)) as export_no
  from observed_calls
  semi join dropped_calls using (source, call_id)
  group by all
  union all
  select
    source, null::varchar as call_id, batch_id, max(observed_at) as observed_at,
    arg_max(export_no, (observed_at, export_no)) as export_no
  from enveloped_batches
  semi join dropped_batches using (source, batch_id)
  group by all
),

dropped as (
  select calls.*, 'ended_at' as field, seen.export_no, seen.observed_at
  from dropped_calls as calls
  inner join seen on seen.source = calls.source and seen.call_id = calls.call_id
  union all by name
  select batches.*, 'completed_at' as field, seen.export_no, seen.observed_at
  from dropped_batches as batches
  inner join seen on seen.source = batches.source and seen.call_id is null and seen.batch_id = batches.batch_id
),

final as (
  select
    sha256(to_json([
      dropped.source, dropped.call_id, dropped.batch_id, field, strftime(start, '%xT%X.%fZ'),
      strftime(dropped.dropped, '%xT%X.%fZ')
    ])::varchar) as problem_id,
    dropped.source, exports.export_id, exports.location, 'field' as level, 'end_before_start' as code, field,
    '`' || field || '` was left empty: it is before the start that another record gave, '
      || strftime(start, '%xT%XZ') as message,
    strftime(dropped.dropped, '%xT%XZ') as raw, dropped.call_id, dropped.batch_id, dropped.observed_at
  from dropped
  inner join exports using (export_no)
)

select final.* from final anti join held using (problem_id)

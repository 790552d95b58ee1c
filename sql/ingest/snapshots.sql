-- what: Each observation of a batch: its counts as reported, and the outcomes of the calls listed beside them.
-- grain: one row per batch record
-- inputs: staged_batches, observed_calls, read_exports, status_names
-- outputs:
--   the columns of `snapshots` without run_id; counts are of calls, listed counts NULL where none is listed
with
staged as (select * from staged_batches),

calls as (select * from observed_calls),

exports as (select * from read_exports),

names as (select * from status_names),

listed as (
  select
    export_no, document,
    count(*) as listed_calls,
    count(*) filter (outcome = 'completed') as listed_completed,
    count(*) filter (outcome = 'failed') as listed_failed,
    count(*) filter (outcome = 'in_progress') as listed_in_progress,
    count(*) filter (outcome = 'unknown') as listed_unknown
  from calls
  group by all
),

final as (
  select
    exports.source,
    staged.batch_id,
    coalesce(staged.updated_at, staged.exported_at, staged.read_at) as observed_at,
    exports.export_id,
    staged.record,
    coalesce(names.status, lower(staged.status_reported)) as status,
    staged.reported_total_calls,
    staged.reported_completed,
    staged.reported_failed,
    staged.reported_in_progress,
    listed.* exclude (export_no, document)
  from staged
  inner join exports using (export_no)
  left join listed using (export_no, document)
  left join names on names.key = status_key(staged.status_reported)
)

select * from final

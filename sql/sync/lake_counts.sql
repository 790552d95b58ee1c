-- what: How full and how fresh the lake is.
-- grain: one row
-- inputs: calls, batches, runs, exports, problems
-- outputs:
--   newest_run_at: when the newest run that brought something usable was committed, UTC; NULL where there is none
--   last_run_at: when the last run that read exports was committed, whatever it brought, UTC; NULL where there is none
--   last_run_was_usable: whether that run brought something usable
--   newest_call_at: the time of the newest call that lies in the past of newest_run_at, UTC; NULL where there is none
--   calls (calls): calls held
--   calls_in_progress (calls): of those, not ended yet
--   batches (batches): batches held
with
broken as (
  select
    source,
    export_id,
    count(distinct record) filter (where level = 'record') as unusable_records,
    count(*) filter (where level = 'file') as faults
  from problems
  where export_id is not null and level <> 'field'
  group by source, export_id
),

-- Exports that were read whole and hold a usable record; one that says that there are no calls
-- is among them. Of an export that broke somewhere records are only known to be usable by what they changed.
usable_exports as (
  select distinct exports.run_id
  from exports
  left join broken using (source, export_id)
  where coalesce(broken.faults, 0) = 0
    and (exports.records = 0 or exports.records > coalesce(broken.unusable_records, 0))
),

-- Of two runs the later one left the greater versions, whatever the clock said.
fed as (
  select
    finished_at,
    list_sum(map_values(table_versions)) as place,
    calls_new + calls_updated + batches_new + batches_updated > 0
      or run_id in (select run_id from usable_exports) as is_usable
  from runs
  where kind in ('ingest', 'replay')
),

newest as (
  select
    max_by(finished_at, place) filter (where is_usable) as newest_run_at,
    max_by(finished_at, place) as last_run_at,
    max_by(is_usable, place) as last_run_was_usable
  from fed
),

counted_calls as (
  select
    count(*) as calls,
    count(*) filter (where outcome = 'in_progress') as calls_in_progress,
    max(call_time) filter (where call_time <= (select newest_run_at from newest)) as newest_call_at
  from calls
),

counted_batches as (select count(*) as batches from batches),

final as (
  select newest_run_at, last_run_at, last_run_was_usable, newest_call_at, calls, calls_in_progress, batches
  from newest, counted_calls, counted_batches
)

select * from final

-- what: How full and how fresh the lake is.
-- grain: one row
-- inputs: calls, batches, runs
-- outputs:
--   newest_run_at: when the newest run that brought something in was committed, UTC; NULL where there is none
--   newest_call_at: the time of the newest call that lies in the past of that run, UTC; NULL where there is none
--   calls (calls): calls held
--   calls_in_progress (calls): of those, not ended yet
--   batches (batches): batches held
with
-- Of two runs the later one left the greater versions, whatever the clock said.
newest as (
  select max_by(finished_at, list_sum(map_values(table_versions))) as newest_run_at
  from runs
  where kind in ('ingest', 'replay')
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
  select newest_run_at, newest_call_at, calls, calls_in_progress, batches
  from newest, counted_calls, counted_batches
)

select * from final

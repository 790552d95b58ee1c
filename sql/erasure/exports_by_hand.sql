-- what: The export files of the runs that brought calls: copies outside the lake that may have to be deleted.
-- grain: one row per file
-- inputs: calls, exports
-- parameters: $call_ids (which calls, of whatever source)
-- outputs:
--   export_file: where it was read
with
runs as (
  select unnest([first_run_id, last_run_id]) as run_id
  from calls
  where list_contains($call_ids, call_id)
),

final as (
  select distinct location as export_file
  from exports
  where run_id in (select run_id from runs)
)

select * from final
order by export_file

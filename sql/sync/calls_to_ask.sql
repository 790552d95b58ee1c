-- what: The calls of one platform whose details a pull may want: still running, or ended without a transcript.
-- grain: one row per call
-- inputs: calls
-- outputs:
--   call_id: the call
--   batch_id: its batch, NULL where it has none
--   is_running: whether it had not ended when it was last observed
-- parameters: $source (whose), $since_run (the id of the earliest run that counts as recent)
with
final as (
  select call_id, batch_id, outcome = 'in_progress' as is_running
  from calls
  where source = $source
    and last_run_id >= $since_run
    and (outcome = 'in_progress' or coalesce(segment_count, 0) = 0)
)

select * from final
order by call_id

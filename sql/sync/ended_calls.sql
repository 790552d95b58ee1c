-- what: Which of some calls have ended.
-- grain: one row per call
-- inputs: calls
-- outputs:
--   call_id: the call
-- parameters: $source (whose), $call_ids (a list of ids)
with
final as (
  select call_id
  from calls
  where source = $source
    and outcome <> 'in_progress'
    and call_id in (select unnest($call_ids))
)

select * from final
order by call_id

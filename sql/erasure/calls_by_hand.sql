-- what: What a person has to delete by hand at the platform: calls with the links to their recordings.
-- grain: one row per call
-- inputs: calls
-- parameters: $call_ids (which calls, of whatever source)
-- outputs:
--   source: the call's platform or account
--   call_id: the call
--   recording_url: where its recording is, NULL where that isn't known
with
final as (
  select source, call_id, recording_url
  from calls
  where list_contains($call_ids, call_id)
)

select * from final
order by source, call_id

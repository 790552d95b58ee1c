-- what: What a person has to delete by hand at the platform: calls with the links to their recordings.
-- grain: one row per call
-- inputs: calls
-- parameters: $call_ids (which calls, of whatever source)
-- outputs:
--   source, call_id, recording_url (link): the call, and where its recording is
with
final as (
  select source, call_id, recording_url
  from calls
  where list_contains($call_ids, call_id)
)

select * from final
order by source, call_id

-- what: The calls that have one of these ids, of whatever source, with the numbers of both sides.
-- grain: one row per call
-- inputs: calls
-- parameters: $call_ids (which calls)
-- outputs:
--   source: the call's platform or account
--   call_id: the call
--   batch_id: its batch, NULL while unknown
--   direction: inbound, outbound or web; NULL where the exports don't say
--   to_number: the called number, NULL where it isn't known
--   from_number: the calling number, NULL where it isn't known
with
final as (
  select source, call_id, batch_id, direction, to_number, from_number
  from calls
  where list_contains($call_ids, call_id)
)

select * from final

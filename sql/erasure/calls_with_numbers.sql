-- what: The calls that may have one of these numbers on a side, however it is written; few others are among them.
-- grain: one row per call
-- inputs: calls
-- parameters: $tails (the last seven digits of each number), $others (what is no phone number, in lower case)
-- outputs:
--   source: the call's platform or account
--   call_id: the call
--   batch_id: its batch, NULL while unknown
--   direction: inbound, outbound or web; NULL where the exports don't say
--   to_number: the called number, NULL where it isn't known
--   from_number: the calling number, NULL where it isn't known
with
-- Digits of other scripts and letters in numbers are read in Python.
sides as (
  select
    *,
    regexp_replace(to_number, '[^0-9]', '', 'g') as to_digits,
    regexp_replace(from_number, '[^0-9]', '', 'g') as from_digits
  from calls
),

final as (
  select source, call_id, batch_id, direction, to_number, from_number
  from sides
  where len(list_filter($tails, lambda tail: contains(to_digits, tail) or contains(from_digits, tail))) > 0
    or list_contains($others, lower(trim(to_number)))
    or list_contains($others, lower(trim(from_number)))
    or regexp_matches(to_number, '[^ -~]')
    or regexp_matches(from_number, '[^ -~]')
)

select * from final

-- what: The calls whose own field holds a value, by the field's name or by its path.
-- grain: one row per call
-- inputs: calls
-- parameters: $name and $path (where the field is in `extra`, as JSON paths), $value (as text)
-- outputs:
--   source: the call's platform or account
--   call_id: the call
--   batch_id: its batch, NULL while unknown
with
final as (
  select source, call_id, batch_id
  from calls
  where extra is not null
    and (json_extract_string(extra, $name) = $value or json_extract_string(extra, $path) = $value)
)

select * from final

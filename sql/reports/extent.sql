-- what: How many calls the lake holds, and when the first and the last of the selected ones were.
-- grain: one row
-- inputs: calls, selected_calls
-- outputs:
--   calls_held (calls): calls in the lake
--   calls_selected (calls): those that are selected
--   first_call_time: when the first selected call was, UTC; null where none has a time
--   last_call_time: when the last one was, UTC
with
final as (
  select
    (select count(*) from calls) as calls_held,
    count(*) as calls_selected,
    min(call_time) as first_call_time,
    max(call_time) as last_call_time
  from selected_calls
)

select * from final

-- what: How many calls the lake holds, in how many batches the selected ones are, and when the first and last of these were.
-- grain: one row
-- inputs: calls, selected_calls
-- outputs:
--   calls_held (calls): calls in the lake
--   calls_selected (calls): those that are selected
--   batches (batches): in which these are
--   first_call_time: when the first selected call was, UTC; null where none has a time
--   last_call_time: when the last one was, UTC
with
final as (
  select
    (select count(*) from calls) as calls_held,
    count(*) as calls_selected,
    count(distinct {source: source, batch_id: batch_id}) filter (where batch_id is not null) as batches,
    min(call_time) as first_call_time,
    max(call_time) as last_call_time
  from selected_calls
)

select * from final

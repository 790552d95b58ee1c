-- what: Bland's batches: both versions, their events, and what is posted when one ends.
-- grain: one row per raw record
-- inputs: given_batches
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_batches reads, as text (NULL where absent)
-- records:
--   batch_params{}, call_data[]
--   id, base_prompt, call_objects
--   batch_id, base_prompt
--   batch_id, event_type, payload
--   batch_id, status, timestamp, without calls, total_calls
-- calls: call_data
-- fields:
--   batch_id: batch_params.id, batch_id, id
--   status: status, payload.state_change
--   event_type: event_type (kept)
--   created_at: batch_params.created_at, created_at
--   updated_at: timestamp
--   reported_total_calls: analysis.total_calls, payload.calls_total, calls_total
--   reported_completed: analysis.completed_calls, payload.calls_successful, calls_successful
--   reported_failed: payload.calls_failed, calls_failed
--   reported_in_progress: analysis.in_progress_calls
-- counted:
--   reported_completed: ended, connected
-- note: An event's `id` is its own and names no batch. `call_objects` are requests: none of them is a call yet.
with
fields as (select * from given_batches),

final as (
  select
    * exclude (event_type) replace (
      coalesce(status, case when event_type = 'complete' then 'completed' end) as status
    )
  from fields
)

select * from final

-- what: Svalync's batches, without their calls: batch details and batch status.
-- grain: one row per raw record
-- inputs: given_batches
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_batches reads, as text (NULL where absent)
-- fields:
--   batch_id: id, batch_id
--   status: status
--   created_at: created_at, createdAt
--   completed_at: completed_at
--   updated_at: updated_at, updatedAt
--   exported_at: exported_at
--   reported_total_calls: statistics.total_calls, total_calls
--   reported_completed: statistics.completed, completed_calls
--   reported_failed: statistics.failed, failed_calls
--   reported_in_progress: statistics.in_progress, in_progress
--   reported_average_duration_seconds: statistics.average_duration
--   reported_total_cost: statistics.total_cost
--   reported_success_rate: analytics.success_rate
--   reported_sentiment_{positive, neutral, negative}: analytics.average_sentiment.{}
--   reported_common_responses: analytics.common_responses (JSON)
-- note: The average duration is in seconds, the total cost an amount. `(JSON)` is a value that is kept as it stands.
with
fields as (select * from given_batches),

final as (select * from fields)

select * from final

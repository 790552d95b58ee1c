-- what: Batches as the batch status endpoint publishes them (counts beside the id), without their calls.
-- grain: one row per raw record
-- inputs: raw_records
-- outputs:
--   the same columns as sources/svalync_batch; what this format never carries is NULL
with
records as (select * from raw_records),

fields as (
  select
    * exclude (raw),
    raw,
    shaped(raw, '{
      "batch_id": "VARCHAR", "id": "VARCHAR", "status": "VARCHAR", "created_at": "VARCHAR",
      "completed_at": "VARCHAR", "updated_at": "VARCHAR", "exported_at": "VARCHAR",
      "total_calls": "VARCHAR", "completed_calls": "VARCHAR", "failed_calls": "VARCHAR", "in_progress": "VARCHAR"
    }') as batch
  from records
),

final as (
  select
    export_no, document, record, line, envelope_batch_id, envelope_exported_at,
    coalesce(text_of(batch.fields.batch_id), text_of(batch.fields.id)) as batch_id,
    text_of(batch.fields.status) as status,
    text_of(batch.fields.created_at) as created_at,
    text_of(batch.fields.completed_at) as completed_at,
    text_of(batch.fields.updated_at) as updated_at,
    text_of(batch.fields.total_calls) as reported_total_calls,
    text_of(batch.fields.completed_calls) as reported_completed,
    text_of(batch.fields.failed_calls) as reported_failed,
    text_of(batch.fields.in_progress) as reported_in_progress,
    null::varchar as reported_average_duration_seconds,
    null::varchar as reported_total_cost,
    null::varchar as reported_success_rate,
    null::varchar as reported_sentiment_positive,
    null::varchar as reported_sentiment_neutral,
    null::varchar as reported_sentiment_negative,
    null::json as reported_common_responses,
    entries_of(raw, batch, '') as extra,
    []::struct(field varchar, raw json)[] as misplaced
  from fields
)

select * from final

-- what: Batch records typed, where none was read: to plan `typed_batches` takes longer than to ingest a call.
-- grain: no row
-- inputs: read_exports
-- outputs:
--   the columns of typed_batches
with
exports as (select export_no from read_exports),

final as (
  select
    export_no,
    null::bigint as document,
    null::bigint as record,
    null::bigint as line,
    null::varchar as envelope_batch_id,
    null::varchar as batch_id,
    null::varchar as status_reported,
    null::timestamptz as created_at,
    null::timestamptz as completed_at_reported,
    null::bigint as reported_total_calls,
    null::bigint as reported_completed,
    null::bigint as reported_failed,
    null::bigint as reported_in_progress,
    null::double as reported_average_duration_seconds,
    null::decimal(18, 6) as reported_total_cost,
    null::double as reported_success_rate,
    null::double as reported_sentiment_positive,
    null::double as reported_sentiment_neutral,
    null::double as reported_sentiment_negative,
    null::varchar as reported_common_responses,
    null::varchar as extra,
    null::timestamptz as updated_at,
    null::timestamptz as own_exported_at,
    null::timestamptz as exported_at,
    null::varchar as unread_exported_at,
    null::varchar as identity,
    null::timestamptz as read_at,
    null::varchar as source,
    null::struct(field varchar, code varchar, raw varchar)[] as faults
  from exports
  where false
)

select * from final

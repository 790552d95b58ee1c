-- what: Batches as batch details publish them, without their calls.
-- grain: one row per raw record
-- inputs: raw_records
-- outputs:
--   the columns of raw_records without `raw`, then canonical fields as text (NULL where absent),
--   `extra` as entries (path, value), `misplaced` as entries (field, raw) that had to be objects
with
records as (select * from raw_records),

outer_fields as (
  select
    * exclude (raw),
    raw,
    shaped(raw, '{
      "id": "VARCHAR", "batch_id": "VARCHAR", "status": "VARCHAR", "created_at": "VARCHAR",
      "completed_at": "VARCHAR", "updated_at": "VARCHAR", "exported_at": "VARCHAR",
      "statistics": "JSON", "analytics": "JSON"
    }') as batch
  from records
),

inner_fields as (
  select
    *,
    shaped(batch.fields.statistics, '{
      "total_calls": "VARCHAR", "completed": "VARCHAR", "failed": "VARCHAR", "in_progress": "VARCHAR",
      "average_duration": "VARCHAR", "total_cost": "VARCHAR"
    }') as statistics,
    shaped(batch.fields.analytics, '{
      "success_rate": "VARCHAR", "average_sentiment": "JSON", "common_responses": "JSON"
    }') as analytics
  from outer_fields
),

innermost_fields as (
  select
    *,
    shaped(analytics.fields.average_sentiment, '{
      "positive": "VARCHAR", "neutral": "VARCHAR", "negative": "VARCHAR"
    }') as sentiment
  from inner_fields
),

final as (
  select
    export_no, document, record, line, envelope_batch_id, envelope_exported_at,
    coalesce(text_of(batch.fields.id), text_of(batch.fields.batch_id)) as batch_id,
    text_of(batch.fields.status) as status,
    text_of(batch.fields.created_at) as created_at,
    text_of(batch.fields.completed_at) as completed_at,
    text_of(batch.fields.updated_at) as updated_at,
    text_of(statistics.fields.total_calls) as reported_total_calls,
    text_of(statistics.fields.completed) as reported_completed,
    text_of(statistics.fields.failed) as reported_failed,
    text_of(statistics.fields.in_progress) as reported_in_progress,
    text_of(statistics.fields.average_duration) as reported_average_duration_seconds,
    text_of(statistics.fields.total_cost) as reported_total_cost,
    text_of(analytics.fields.success_rate) as reported_success_rate,
    text_of(sentiment.fields.positive) as reported_sentiment_positive,
    text_of(sentiment.fields.neutral) as reported_sentiment_neutral,
    text_of(sentiment.fields.negative) as reported_sentiment_negative,
    analytics.fields.common_responses as reported_common_responses,
    list_concat(
      entries_of(raw, batch, ''),
      entries_of(batch.fields.statistics, statistics, 'statistics.'),
      entries_of(batch.fields.analytics, analytics, 'analytics.'),
      entries_of(analytics.fields.average_sentiment, sentiment, 'analytics.average_sentiment.')
    ) as extra,
    list_filter(
      [
        {field: 'statistics', raw: batch.fields.statistics},
        {field: 'analytics', raw: batch.fields.analytics},
        {field: 'analytics.average_sentiment', raw: analytics.fields.average_sentiment}
      ],
      lambda part: json_type(part.raw) not in ('OBJECT', 'NULL')
    ) as misplaced
  from innermost_fields
)

select * from final

-- what: Calls as the documented API publishes them: inside batch details and batch status, call details in
--       both variants, and bare.
-- grain: one row per raw record
-- inputs: raw_records
-- outputs:
--   the columns of raw_records without `raw`, then canonical fields as text (NULL where absent),
--   `transcript` as JSON where it is not regular (a regular one never comes here: batchlake/ingest/regularity.py),
--   `extra` as entries (path, value), `misplaced` as entries (field, raw) that had to be objects
-- identity: call_id, id
-- transcript: transcript
-- regular: {
--   "id": "any", "call_id": "any", "batch_id": "any", "status": "any", "duration": "any", "cost": "any",
--   "currency": "any", "created_at": "any", "updated_at": "any", "start_time": "any", "started_at": "any",
--   "end_time": "any", "ended_at": "any", "direction": "any", "phone_number": "any", "from_number": "any",
--   "to_number": "any", "agent_id": "any", "agent_name": "any", "agent": {"id": "any", "name": "any"},
--   "success": "any", "outcome": "any", "ended_by": "any", "summary": "any", "recording_url": "any",
--   "is_test": "any", "user_id": "any", "pathway_id": "any", "tokens": "any", "sentiment": "any",
--   "engagement": "any", "talk_ratio": {"ai": "any", "human": "any"},
--   "analytics": {
--     "sentiment": "any", "sentiment_scores": "any", "engagement": "any", "talk_ratio": {"ai": "any", "human": "any"},
--     "voice_metrics": {"pace": "any", "volume": "any", "clarity": "any", "engagement": "any"},
--     "speech_metrics": {"pace": "any", "volume": "any", "clarity": "any", "engagement": "any"},
--     "outcome": "any", "conversion_status": "any", "duration": "any"
--   },
--   "transcript": {"segments": [{
--     "speaker": "text?", "text": "text", "timestamp": "text or number?", "confidence": "number?"
--   }]}
-- }
with
records as (select * from raw_records),

outer_fields as (
  select
    * exclude (raw),
    raw,
    shaped(raw, '{
      "id": "VARCHAR", "call_id": "VARCHAR", "batch_id": "VARCHAR", "status": "VARCHAR",
      "duration": "VARCHAR", "cost": "VARCHAR", "currency": "VARCHAR",
      "created_at": "VARCHAR", "updated_at": "VARCHAR",
      "start_time": "VARCHAR", "started_at": "VARCHAR", "end_time": "VARCHAR", "ended_at": "VARCHAR",
      "direction": "VARCHAR", "phone_number": "VARCHAR", "from_number": "VARCHAR", "to_number": "VARCHAR",
      "agent_id": "VARCHAR", "agent_name": "VARCHAR", "agent": "JSON",
      "success": "VARCHAR", "outcome": "VARCHAR", "ended_by": "VARCHAR", "summary": "VARCHAR",
      "recording_url": "VARCHAR", "is_test": "VARCHAR", "user_id": "VARCHAR", "pathway_id": "VARCHAR",
      "tokens": "VARCHAR", "analytics": "JSON",
      "sentiment": "JSON", "engagement": "JSON", "talk_ratio": "JSON",
      "transcript": "BOOLEAN"
    }', is_regular) as call,
    case when not speaks_regularly then raw -> 'transcript' end as transcript
  from records
),

inner_fields as (
  select
    *,
    shaped(transcript, '{"segments": "JSON"}', false) as written,
    shaped(call.fields.agent, '{"id": "VARCHAR", "name": "VARCHAR"}', is_regular) as agent,
    shaped(call.fields.analytics, '{
      "sentiment": "JSON", "sentiment_scores": "JSON", "engagement": "JSON", "talk_ratio": "JSON",
      "voice_metrics": "JSON", "speech_metrics": "JSON", "outcome": "VARCHAR", "conversion_status": "VARCHAR",
      "duration": "VARCHAR"
    }', is_regular) as analytics
  from outer_fields
),

objects as (
  select
    *,
    coalesce(analytics.fields.sentiment, analytics.fields.sentiment_scores, call.fields.sentiment) as sentiment,
    coalesce(analytics.fields.engagement, call.fields.engagement) as engagement,
    coalesce(analytics.fields.talk_ratio, call.fields.talk_ratio) as talk_ratio,
    coalesce(analytics.fields.voice_metrics, analytics.fields.speech_metrics) as voice
  from inner_fields
),

innermost_fields as (
  select
    *,
    shaped(sentiment, '{
      "overall": "VARCHAR", "label": "VARCHAR", "scores": "JSON",
      "positive": "VARCHAR", "neutral": "VARCHAR", "negative": "VARCHAR"
    }', false) as feeling,
    json_transform(
      coalesce(sentiment -> 'scores', sentiment),
      '{"positive": "VARCHAR", "neutral": "VARCHAR", "negative": "VARCHAR"}'
    ) as scores,
    shaped(engagement, '{"score": "VARCHAR", "metrics": "JSON"}', json_type(engagement) <> 'OBJECT') as engaged,
    shaped(engagement -> 'metrics', '{"response_time": "VARCHAR", "interruptions": "VARCHAR"}', false) as metrics,
    shaped(talk_ratio, '{"ai": "VARCHAR", "human": "VARCHAR"}', is_regular) as ratio,
    shaped(voice, '{
      "pace": "VARCHAR", "volume": "VARCHAR", "clarity": "VARCHAR", "engagement": "VARCHAR"
    }', is_regular) as spoken
  from objects
),

final as (
  select
    export_no, document, record, line, envelope_batch_id, envelope_exported_at,
    text_of(coalesce(call.fields.call_id, call.fields.id)) as call_id,
    text_of(call.fields.batch_id) as batch_id,
    text_of(call.fields.status) as status,
    text_of(coalesce(call.fields.duration, analytics.fields.duration)) as duration_seconds,
    text_of(call.fields.cost) as cost,
    text_of(call.fields.currency) as currency,
    text_of(call.fields.created_at) as created_at,
    text_of(call.fields.updated_at) as updated_at,
    text_of(coalesce(call.fields.start_time, call.fields.started_at)) as started_at,
    text_of(coalesce(call.fields.end_time, call.fields.ended_at)) as ended_at,
    text_of(call.fields.direction) as direction,
    text_of(call.fields.phone_number) as phone_number,
    text_of(call.fields.from_number) as from_number,
    text_of(call.fields.to_number) as to_number,
    text_of(coalesce(call.fields.agent_id, agent.fields.id)) as agent_id,
    text_of(coalesce(call.fields.agent_name, agent.fields.name)) as agent_name,
    text_of(scores.positive) as sentiment_positive,
    text_of(scores.neutral) as sentiment_neutral,
    text_of(scores.negative) as sentiment_negative,
    text_of(case
      when json_type(sentiment) = 'OBJECT' then coalesce(feeling.fields.overall, feeling.fields.label)
      else sentiment ->> '$'
    end) as sentiment_label,
    text_of(case
      when json_type(engagement) = 'OBJECT' then engaged.fields.score
      else coalesce(engagement ->> '$', spoken.fields.engagement)
    end) as engagement,
    text_of(ratio.fields.ai) as talk_ratio_ai,
    text_of(ratio.fields.human) as talk_ratio_human,
    text_of(metrics.fields.response_time) as response_time_seconds,
    text_of(metrics.fields.interruptions) as interruptions,
    text_of(spoken.fields.pace) as voice_pace,
    text_of(spoken.fields.volume) as voice_volume,
    text_of(spoken.fields.clarity) as voice_clarity,
    text_of(coalesce(call.fields.success, analytics.fields.conversion_status)) as success,
    text_of(coalesce(call.fields.outcome, analytics.fields.outcome)) as outcome_label,
    text_of(call.fields.ended_by) as ended_by,
    text_of(call.fields.summary) as summary,
    text_of(call.fields.recording_url) as recording_url,
    text_of(call.fields.is_test) as is_test,
    text_of(call.fields.tokens) as tokens_consumed,
    text_of(call.fields.user_id) as user_id,
    text_of(call.fields.pathway_id) as pathway_id,
    transcript_digest,
    transcript,
    list_concat(
      entries_of(raw, call, ''),
      entries_of(transcript, written, 'transcript.'),
      entries_of(call.fields.agent, agent, 'agent.'),
      entries_of(call.fields.analytics, analytics, 'analytics.'),
      entries_of(sentiment, feeling, 'analytics.sentiment.'),
      entries_of(engagement, engaged, 'analytics.engagement.'),
      entries_of(engagement -> 'metrics', metrics, 'analytics.engagement.metrics.'),
      entries_of(talk_ratio, ratio, 'analytics.talk_ratio.'),
      entries_of(voice, spoken, 'analytics.voice_metrics.')
    ) as extra,
    list_filter(
      [
        {field: 'agent', raw: call.fields.agent},
        {field: 'analytics', raw: call.fields.analytics},
        {field: 'analytics.talk_ratio', raw: talk_ratio},
        {field: 'analytics.voice_metrics', raw: voice},
        {field: 'analytics.engagement.metrics', raw: engagement -> 'metrics'},
        {field: 'analytics.sentiment.scores', raw: sentiment -> 'scores'}
      ],
      lambda part: json_type(part.raw) not in ('OBJECT', 'NULL')
    ) as misplaced
  from innermost_fields
)

select * from final

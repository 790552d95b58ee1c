-- what: The scalars of irregular calls in the documented API's shapes, and whatever else they hold.
-- grain: one row per raw record
-- inputs: raw_records
-- outputs:
--   the record's place and envelope, transcript_digest, the columns that sources/svalync_call reads: scalars as text
--   under their paths (NULL where absent), `transcript` as JSON where it is not regular, `extra` as entries (path, value),
--   `misplaced` as entries (field, raw) that had to be objects
-- note: Sentiment, engagement and talk ratio may also stand in the call itself.
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
    }') as call,
    case when not speaks_regularly then raw -> 'transcript' end as given_transcript
  from records
),

inner_fields as (
  select
    *,
    shaped(given_transcript, '{"segments": "JSON"}') as written,
    shaped(call.fields.agent, '{"id": "VARCHAR", "name": "VARCHAR"}') as agent,
    shaped(call.fields.analytics, '{
      "sentiment": "JSON", "sentiment_scores": "JSON", "engagement": "JSON", "talk_ratio": "JSON",
      "voice_metrics": "JSON", "speech_metrics": "JSON", "outcome": "VARCHAR", "conversion_status": "VARCHAR",
      "duration": "VARCHAR"
    }') as analytics
  from outer_fields
),

objects as (
  select
    *,
    coalesce(
      analytics.fields.sentiment, if(analytics.fields.sentiment_scores is null, call.fields.sentiment, null)
    ) as sentiment,
    analytics.fields.sentiment_scores as sentiment_scores,
    coalesce(analytics.fields.engagement, call.fields.engagement) as engagement,
    coalesce(analytics.fields.talk_ratio, call.fields.talk_ratio) as talk_ratio,
    analytics.fields.voice_metrics as voice,
    analytics.fields.speech_metrics as speech
  from inner_fields
),

innermost_fields as (
  select
    *,
    shaped(sentiment, '{
      "overall": "VARCHAR", "label": "VARCHAR", "scores": "JSON",
      "positive": "VARCHAR", "neutral": "VARCHAR", "negative": "VARCHAR"
    }') as feeling,
    shaped(sentiment -> 'scores', '{"positive": "VARCHAR", "neutral": "VARCHAR", "negative": "VARCHAR"}') as scores,
    shaped(sentiment_scores, '{"positive": "VARCHAR", "neutral": "VARCHAR", "negative": "VARCHAR"}') as other_scores,
    shaped(engagement, '{"score": "VARCHAR", "metrics": "JSON"}') as engaged,
    shaped(engagement -> 'metrics', '{"response_time": "VARCHAR", "interruptions": "VARCHAR"}') as metrics,
    shaped(talk_ratio, '{"ai": "VARCHAR", "human": "VARCHAR"}') as ratio,
    shaped(voice, '{"pace": "VARCHAR", "volume": "VARCHAR", "clarity": "VARCHAR", "engagement": "VARCHAR"}') as spoken,
    shaped(speech, '{"pace": "VARCHAR", "volume": "VARCHAR", "clarity": "VARCHAR", "engagement": "VARCHAR"}') as said
  from objects
),

taken as (
  select
    export_no, document, record, line, envelope_batch_id, envelope_exported_at, transcript_digest, given_transcript,
    unnest(struct_extract(call, 'fields')),
    agent.fields.id as "agent.id",
    agent.fields.name as "agent.name",
    analytics.fields.outcome as "analytics.outcome",
    analytics.fields.conversion_status as "analytics.conversion_status",
    analytics.fields.duration as "analytics.duration",
    case when json_type(sentiment) <> 'OBJECT' then sentiment ->> '$' end as "analytics.sentiment",
    feeling.fields.overall as "analytics.sentiment.overall",
    feeling.fields.label as "analytics.sentiment.label",
    feeling.fields.positive as "analytics.sentiment.positive",
    feeling.fields.neutral as "analytics.sentiment.neutral",
    feeling.fields.negative as "analytics.sentiment.negative",
    scores.fields.positive as "analytics.sentiment.scores.positive",
    scores.fields.neutral as "analytics.sentiment.scores.neutral",
    scores.fields.negative as "analytics.sentiment.scores.negative",
    other_scores.fields.positive as "analytics.sentiment_scores.positive",
    other_scores.fields.neutral as "analytics.sentiment_scores.neutral",
    other_scores.fields.negative as "analytics.sentiment_scores.negative",
    case when json_type(engagement) <> 'OBJECT' then engagement ->> '$' end as "analytics.engagement",
    engaged.fields.score as "analytics.engagement.score",
    metrics.fields.response_time as "analytics.engagement.metrics.response_time",
    metrics.fields.interruptions as "analytics.engagement.metrics.interruptions",
    ratio.fields.ai as "analytics.talk_ratio.ai",
    ratio.fields.human as "analytics.talk_ratio.human",
    spoken.fields.pace as "analytics.voice_metrics.pace",
    spoken.fields.volume as "analytics.voice_metrics.volume",
    spoken.fields.clarity as "analytics.voice_metrics.clarity",
    spoken.fields.engagement as "analytics.voice_metrics.engagement",
    said.fields.pace as "analytics.speech_metrics.pace",
    said.fields.volume as "analytics.speech_metrics.volume",
    said.fields.clarity as "analytics.speech_metrics.clarity",
    said.fields.engagement as "analytics.speech_metrics.engagement",
    list_concat(
      entries_of(raw, call, ''),
      entries_of(given_transcript, written, 'transcript.'),
      entries_of(call.fields.agent, agent, 'agent.'),
      entries_of(call.fields.analytics, analytics, 'analytics.'),
      entries_of(sentiment, feeling, 'analytics.sentiment.'),
      entries_of(sentiment -> 'scores', scores, 'analytics.sentiment.scores.'),
      entries_of(sentiment_scores, other_scores, 'analytics.sentiment_scores.'),
      entries_of(engagement, engaged, 'analytics.engagement.'),
      entries_of(engagement -> 'metrics', metrics, 'analytics.engagement.metrics.'),
      entries_of(talk_ratio, ratio, 'analytics.talk_ratio.'),
      entries_of(voice, spoken, 'analytics.voice_metrics.'),
      entries_of(speech, said, 'analytics.speech_metrics.')
    ) as extra,
    list_filter(
      [
        {field: 'agent', raw: call.fields.agent},
        {field: 'analytics', raw: call.fields.analytics},
        {field: 'analytics.talk_ratio', raw: talk_ratio},
        {field: 'analytics.voice_metrics', raw: voice},
        {field: 'analytics.speech_metrics', raw: speech},
        {field: 'analytics.engagement.metrics', raw: engagement -> 'metrics'},
        {field: 'analytics.sentiment.scores', raw: sentiment -> 'scores'},
        {field: 'analytics.sentiment_scores', raw: sentiment_scores}
      ],
      lambda part: json_type(part.raw) not in ('OBJECT', 'NULL')
    ) as misplaced
  from innermost_fields
),

final as (select * exclude (transcript, given_transcript), given_transcript as transcript from taken)

select * from final

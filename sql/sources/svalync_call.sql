-- what: Calls as the documented API publishes them: inside batch details and batch status, call details in
--       both variants, and bare.
-- grain: one row per raw record
-- inputs: call_fields
-- outputs:
--   the record's place and envelope, then canonical fields as text (NULL where absent),
--   `transcript` as JSON where its utterances have not been taken from it yet,
--   `extra` as entries (path, value), `misplaced` as entries (field, raw) that had to be objects; NULL of regular records
-- note: A column of call_fields is a scalar as text, under its path. They come from batchlake/ingest/regularity.py for
-- records that hold nothing else than this, and from sources/svalync_call_fields for the others.
-- identity: call_id, id
-- transcript: transcript
-- regular: {
--   "id": "scalar", "call_id": "scalar", "batch_id": "scalar", "status": "scalar", "duration": "scalar",
--   "cost": "scalar", "currency": "scalar", "created_at": "scalar", "updated_at": "scalar", "start_time": "scalar",
--   "started_at": "scalar", "end_time": "scalar", "ended_at": "scalar", "direction": "scalar",
--   "phone_number": "scalar", "from_number": "scalar", "to_number": "scalar", "agent_id": "scalar",
--   "agent_name": "scalar", "agent": {"id": "scalar", "name": "scalar"}, "success": "scalar", "outcome": "scalar",
--   "ended_by": "scalar", "summary": "scalar", "recording_url": "scalar", "is_test": "scalar", "user_id": "scalar",
--   "pathway_id": "scalar", "tokens": "scalar",
--   "analytics": {
--     "sentiment": {
--       ".": "scalar", "overall": "scalar", "label": "scalar",
--       "positive": "scalar", "neutral": "scalar", "negative": "scalar",
--       "scores": {"positive": "scalar", "neutral": "scalar", "negative": "scalar"}
--     },
--     "sentiment_scores": {"positive": "scalar", "neutral": "scalar", "negative": "scalar"},
--     "engagement": {
--       ".": "scalar", "score": "scalar", "metrics": {"response_time": "scalar", "interruptions": "scalar"}
--     },
--     "talk_ratio": {"ai": "scalar", "human": "scalar"},
--     "voice_metrics": {"pace": "scalar", "volume": "scalar", "clarity": "scalar", "engagement": "scalar"},
--     "speech_metrics": {"pace": "scalar", "volume": "scalar", "clarity": "scalar", "engagement": "scalar"},
--     "outcome": "scalar", "conversion_status": "scalar", "duration": "scalar"
--   },
--   "transcript": {"segments": [{
--     "speaker": "text?", "text": "text", "timestamp": "text or number?", "confidence": "number?"
--   }]}
-- }
with
fields as (select * from call_fields),

-- The three scores are of one object: of the first that has any of them.
felt as (
  select
    *,
    case
      when coalesce(
        text_of("analytics.sentiment.scores.positive"), text_of("analytics.sentiment.scores.neutral"),
        text_of("analytics.sentiment.scores.negative")
      ) is not null
      then {
        positive: "analytics.sentiment.scores.positive", neutral: "analytics.sentiment.scores.neutral",
        negative: "analytics.sentiment.scores.negative"
      }
      when coalesce(
        text_of("analytics.sentiment.positive"), text_of("analytics.sentiment.neutral"),
        text_of("analytics.sentiment.negative")
      ) is not null
      then {
        positive: "analytics.sentiment.positive", neutral: "analytics.sentiment.neutral",
        negative: "analytics.sentiment.negative"
      }
      else {
        positive: "analytics.sentiment_scores.positive", neutral: "analytics.sentiment_scores.neutral",
        negative: "analytics.sentiment_scores.negative"
      }
    end as scores
  from fields
),

final as (
  select
    export_no, document, record, line, envelope_batch_id, envelope_exported_at,
    coalesce(text_of(call_id), text_of(id)) as call_id,
    text_of(batch_id) as batch_id,
    text_of(status) as status,
    coalesce(text_of(duration), text_of("analytics.duration")) as duration_seconds,
    text_of(cost) as cost,
    text_of(currency) as currency,
    text_of(created_at) as created_at,
    text_of(updated_at) as updated_at,
    coalesce(text_of(start_time), text_of(started_at)) as started_at,
    coalesce(text_of(end_time), text_of(ended_at)) as ended_at,
    text_of(direction) as direction,
    text_of(phone_number) as phone_number,
    text_of(from_number) as from_number,
    text_of(to_number) as to_number,
    coalesce(text_of(agent_id), text_of("agent.id")) as agent_id,
    coalesce(text_of(agent_name), text_of("agent.name")) as agent_name,
    text_of(scores.positive) as sentiment_positive,
    text_of(scores.neutral) as sentiment_neutral,
    text_of(scores.negative) as sentiment_negative,
    coalesce(
      text_of("analytics.sentiment.overall"), text_of("analytics.sentiment.label"), text_of("analytics.sentiment")
    ) as sentiment_label,
    coalesce(
      text_of("analytics.engagement.score"), text_of("analytics.engagement"),
      text_of("analytics.voice_metrics.engagement"), text_of("analytics.speech_metrics.engagement")
    ) as engagement,
    text_of("analytics.talk_ratio.ai") as talk_ratio_ai,
    text_of("analytics.talk_ratio.human") as talk_ratio_human,
    text_of("analytics.engagement.metrics.response_time") as response_time_seconds,
    text_of("analytics.engagement.metrics.interruptions") as interruptions,
    coalesce(text_of("analytics.voice_metrics.pace"), text_of("analytics.speech_metrics.pace")) as voice_pace,
    coalesce(text_of("analytics.voice_metrics.volume"), text_of("analytics.speech_metrics.volume")) as voice_volume,
    coalesce(text_of("analytics.voice_metrics.clarity"), text_of("analytics.speech_metrics.clarity")) as voice_clarity,
    coalesce(text_of(success), text_of("analytics.conversion_status")) as success,
    coalesce(text_of(outcome), text_of("analytics.outcome")) as outcome_label,
    text_of(ended_by) as ended_by,
    text_of(summary) as summary,
    text_of(recording_url) as recording_url,
    text_of(is_test) as is_test,
    text_of(tokens) as tokens_consumed,
    text_of(user_id) as user_id,
    text_of(pathway_id) as pathway_id,
    transcript_digest,
    transcript,
    extra,
    misplaced
  from felt
)

select * from final

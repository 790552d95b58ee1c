-- what: Svalync's calls, in every shape and spelling in which it publishes them.
-- grain: one row per raw record
-- inputs: given_calls
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_calls reads, as text (NULL where absent)
-- fields:
--   call_id: call_id, id
--   batch_id: batch_id, batch.id, batch
--   status: status
--   duration_seconds: duration, callDuration, analytics.duration
--   cost: cost
--   currency: currency
--   created_at: created_at, createdAt
--   updated_at: updated_at, updatedAt
--   exported_at: exported_at
--   started_at: start_time, started_at, startedAt
--   ended_at: end_time, ended_at, endedAt
--   direction: direction, callType
--   phone_number: phone_number
--   from_number: from_number, from_phone_number
--   to_number: to_number, to_phone_number
--   agent_id: agent_id, agentId, agent.id
--   agent_name: agent_name, agent.name
--   sentiment_{positive, neutral, negative}: analytics.sentiment.scores.{}, analytics.sentiment.{},
--     analytics.sentiment_scores.{}, sentiment.scores.{}, sentiment.{}
--   sentiment_label: analytics.sentiment.overall, analytics.sentiment.label, analytics.sentiment,
--     sentiment.overall, sentiment.label, sentiment
--   engagement: analytics.engagement.score, analytics.engagement, analytics.voice_metrics.engagement,
--     analytics.speech_metrics.engagement, engagement.score, engagement
--   talk_ratio_ai: analytics.talk_ratio.ai, talk_ratio.ai
--   talk_ratio_human: analytics.talk_ratio.human, talk_ratio.human
--   response_time_seconds: analytics.engagement.metrics.response_time, engagement.metrics.response_time
--   interruptions: analytics.engagement.metrics.interruptions, engagement.metrics.interruptions
--   voice_pace: analytics.voice_metrics.pace, analytics.speech_metrics.pace
--   voice_volume: analytics.voice_metrics.volume, analytics.speech_metrics.volume
--   voice_clarity: analytics.voice_metrics.clarity, analytics.speech_metrics.clarity
--   success: success, analytics.conversion_status
--   outcome_label: outcome, analytics.outcome
--   ended_by: ended_by, endedBy
--   summary: summary
--   recording_url: recording_url, recordingUrl
--   is_test: is_test, isTestMode
--   tokens_consumed: tokens_consumed, tokens
--   user_id: user_id, userId
--   pathway_id: pathway_id, pathways
-- transcript: transcripts, transcript
-- utterances:
--   list: segments
--   speaker: speaker, role
--   text: text, content, message
--   time: timestamp, time
--   confidence: confidence
-- note: Durations are seconds, costs amounts of `currency`, times RFC 3339 or Unix times: nothing has to be converted.
with
fields as (select * from given_calls),

final as (select * from fields)

select * from final

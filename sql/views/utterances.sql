-- what: Everything that was said, with the call that it was said in.
-- grain: one row per transcript utterance
-- inputs: calls, segments
-- outputs:
--   source: the platform
--   call_id: the call
--   batch_id: the call's batch; null while unknown
--   call_time (UTC): when the call was
--   status: the call's canonical state
--   outcome: what became of the call
--   agent_id: the voice agent's id
--   duration_seconds (seconds): length of the call
--   position: place in the transcript, from 1
--   speaker: ai, human or unknown
--   text: what was said, as exported
--   text_key: the text folded for counting
--   spoken_at (UTC): when it was said
--   confidence (0 to 1): confidence of the transcription
with
final as (
  select
    segments.source,
    segments.call_id,
    calls.batch_id,
    calls.call_time,
    calls.status,
    calls.outcome,
    calls.agent_id,
    calls.duration_seconds,
    segments.position,
    segments.speaker,
    segments.text,
    segments.text_key,
    segments.spoken_at,
    segments.confidence
  from segments
  join calls on segments.source = calls.source and segments.call_id = calls.call_id
)

select * from final

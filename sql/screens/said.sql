-- what: The utterances that hold a text, each with its call and what was said before it.
-- grain: one row per utterance that holds it, the newest call first, in the order of what was said
-- inputs: selected_calls, segments
-- parameters: $text, $folded (the text as text_key has it), $speaker (or any), $context (utterances)
-- outputs:
--   time (UTC): when the call took place
--   call: the call
--   number: the number of the call that isn't ours
--   agent: the agent's name, else its id
--   status: the call's canonical state
--   duration (seconds): the call's length
--   speaker: who said it: ai, human or unknown
--   offset (seconds): seconds into the call; null where neither an offset nor a time is known
--   text: what was said, as exported
--   before: the utterances before it, oldest first, $context at most: offset, speaker, text
--   source: the platform
--   position: place in the transcript, from 1
with
spoken as (
  select
    calls.source,
    calls.call_id,
    calls.call_time,
    if(calls.direction = 'inbound', calls.from_number, coalesce(calls.to_number, calls.from_number)) as number,
    coalesce(calls.agent_name, calls.agent_id) as agent,
    calls.status,
    calls.duration_seconds,
    segments.position,
    segments.speaker,
    segments.text,
    segments.text_key,
    coalesce(
      segments.offset_seconds, extract('epoch' from segments.spoken_at - calls.started_at)
    ) as offset_seconds
  from segments
  join selected_calls as calls on segments.source = calls.source and segments.call_id = calls.call_id
),

found as (
  select *
  from spoken
  where if($folded = '', contains(text, $text), contains(text_key, $folded))
    and ($speaker = 'any' or speaker = $speaker)
),

preceding as (
  select
    found.source,
    found.call_id,
    found.position,
    list(
      {'offset': spoken.offset_seconds, 'speaker': spoken.speaker, 'text': spoken.text}
      order by spoken.position
    ) as before
  from found
  join spoken
    on spoken.source = found.source
    and spoken.call_id = found.call_id
    and spoken.position < found.position
    and spoken.position >= found.position - $context
  group by found.source, found.call_id, found.position
),

final as (
  select
    found.call_time as time,
    found.call_id as call,
    found.number,
    found.agent,
    found.status,
    found.duration_seconds as duration,
    found.speaker,
    found.offset_seconds as offset,
    found.text,
    coalesce(preceding.before, []) as before,
    found.source,
    found.position
  from found
  left join preceding
    on found.source = preceding.source
    and found.call_id = preceding.call_id
    and found.position = preceding.position
  order by found.call_time desc nulls last, found.call_id, found.source, found.position
)

select * from final

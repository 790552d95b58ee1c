-- what: What transcripts say of their utterances besides the text, read as their types, and what could not be read.
-- grain: one row per utterance, in the order given
-- inputs: given_utterances
-- outputs:
--   speaker, spoken_at, offset_seconds, confidence as in `segments`; unread_time, unread_confidence (as given, where it
--   can't be read)
-- note: The usual form of a time has been read already: moment has it, and timestamp is NULL. A confidence is a number,
-- or, where it was given as anything else, a text.
with
given as (select * from given_utterances),

typed as (
  select
    *,
    coalesce(moment, time_of(timestamp)) as spoken_at,
    offset_of(timestamp) as offset_seconds,
    case
      when confidence_text is not null then number_between(confidence_text, 0, 1)
      when confidence between 0 and 1 then confidence
    end as share
  from given
),

final as (
  select
    speaker_of(speaker) as speaker,
    spoken_at,
    case when spoken_at is null then offset_seconds end as offset_seconds,
    share as confidence,
    case when spoken_at is null and offset_seconds is null then timestamp end as unread_time,
    case when share is null then coalesce(confidence_text, confidence::varchar) end as unread_confidence
  from typed
)

select * from final

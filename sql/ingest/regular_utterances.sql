-- what: What regular transcripts say of their utterances beside the text, read as their types, and what could not be read.
-- grain: one row per utterance, in the order given
-- inputs: given_utterances
-- outputs:
--   speaker, spoken_at, offset_seconds, confidence as in `segments`; unread_time, unread_confidence (as given, where it
--   can't be read)
-- note: given_utterances are those that batchlake/ingest/regularity.py took from the records. The usual form of a time
-- has been read already: moment has it, and timestamp is NULL.
with
given as (select * replace (text_of(timestamp) as timestamp) from given_utterances),

typed as (
  select *, coalesce(moment, time_of(timestamp)) as spoken_at, offset_of(timestamp) as offset_seconds
  from given
),

final as (
  select
    speaker_of(speaker) as speaker,
    spoken_at,
    offset_seconds,
    case when confidence between 0 and 1 then confidence end as confidence,
    case when spoken_at is null and offset_seconds is null then timestamp end as unread_time,
    case when not confidence between 0 and 1 then confidence::varchar end as unread_confidence
  from typed
)

select * from final

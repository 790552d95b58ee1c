-- what: The utterances of transcripts in one string, cut at their speaker labels.
-- grain: one row per piece
-- inputs: typed_records
-- outputs:
--   export_no, record, source, call_id, batch_id (the call's own or its envelope's), place (in the transcript, from 1),
--   the utterance's columns of `segments` but position and text_key; unread_time (a stamp that can't be read)
with
records as (
  select
    typed.export_no, typed.record, typed.call_id, typed.transcript, typed.source,
    coalesce(typed.batch_id, typed.envelope_batch_id, typed.named_batch_id) as batch_id
  from typed_records as typed
  where transcript is not null
),

pieces as (
  select
    export_no, record, source, call_id, batch_id,
    unnest(said, recursive := true), generate_subscripts(said, 1) as place
  from (select *, pieces_of(transcript) as said from records)
),

final as (
  select
    export_no, record, source, call_id, batch_id, place,
    speaker_of(speaker) as speaker,
    text,
    time_of(timestamp) as spoken_at,
    offset_of(timestamp) as offset_seconds,
    null::double as confidence,
    null::varchar as extra,
    case when coalesce(offset_of(timestamp)::varchar, time_of(timestamp)::varchar) is null then timestamp end as unread_time,
    null::varchar as unread_confidence,
    null::varchar as given
  from pieces
)

select * from final

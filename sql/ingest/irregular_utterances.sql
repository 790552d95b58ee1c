-- what: The utterances of irregular transcripts read as their types, beside what was given and could not be read.
-- grain: one row per utterance given, also where nothing of it can be used
-- inputs: typed_records, read_exports
-- outputs:
--   export_no, record, source, call_id, batch_id (the call's own or its envelope's), place (in the transcript as given,
--   from 1), the utterance's columns of `segments` but position and text_key (text is NULL where it can't be used);
--   unread_time, unread_confidence (as given, where it can't be read), given (an unusable utterance as given)
with
records as (
  select
    typed.export_no, typed.record, typed.call_id, typed.transcript, exports.source,
    coalesce(typed.batch_id, case when is_id(envelope_batch_id) then envelope_batch_id end) as batch_id
  from typed_records as typed
  inner join (select export_no, source from read_exports) as exports using (export_no)
  where is_id(identity)
),

objects as (
  select
    export_no, record, source, call_id, batch_id, unnest(items) as object, generate_subscripts(items, 1) as place
  from (
    select
      *,
      from_json(if(json_type(transcript) = 'OBJECT', transcript -> 'segments', transcript), '["JSON"]') as items
    from records
    where json_type(transcript) in ('OBJECT', 'ARRAY')
  )
),

shaped_objects as (
  select
    *,
    shaped(object, '{
      "speaker": "VARCHAR", "role": "VARCHAR", "text": "VARCHAR", "content": "VARCHAR",
      "message": "VARCHAR", "timestamp": "VARCHAR", "time": "VARCHAR", "confidence": "VARCHAR"
    }') as shape
  from objects
),

irregular as (
  select
    export_no, record, source, call_id, batch_id, place,
    coalesce(text_of(shape.fields.speaker), text_of(shape.fields.role)) as speaker,
    coalesce(
      nullif(shape.fields.text, ''), nullif(shape.fields.content, ''), shape.fields.message,
      shape.fields.text, shape.fields.content
    ) as text,
    coalesce(text_of(shape.fields.timestamp), text_of(shape.fields.time)) as timestamp,
    text_of(shape.fields.confidence) as confidence,
    case when len(shape.unknown) > 0 then extra_object(entries_of(object, shape, '')) end as extra,
    object::varchar as given
  from shaped_objects
),

pieces as (
  select
    export_no, record, source, call_id, batch_id,
    unnest(said, recursive := true), generate_subscripts(said, 1) as place
  from (
    select *, pieces_of(transcript ->> '$') as said
    from records
    where json_type(transcript) = 'VARCHAR'
  )
),

utterances as (
  select * from irregular
  union all by name
  select * from pieces
),

typed as (
  select
    *,
    time_of(timestamp) as spoken_at,
    offset_of(timestamp) as offset_seconds,
    number_between(confidence, 0, 1) as share
  from utterances
),

final as (
  select
    export_no, record, source, call_id, batch_id, place,
    speaker_of(speaker) as speaker,
    text,
    spoken_at,
    offset_seconds,
    share as confidence,
    extra,
    case when spoken_at is null and offset_seconds is null then timestamp end as unread_time,
    case when share is null then confidence end as unread_confidence,
    case when text is null then given end as given
  from typed
)

select * from final

-- what: The utterances of regular transcripts read as their types, beside what was given and could not be read.
-- grain: one row per utterance
-- inputs: given_utterances, typed_records, read_exports
-- outputs:
--   the same columns as ingest/irregular_utterances; `extra` and `given` are NULL
-- note: given_utterances are those that batchlake/ingest/regularity.py took from the records.
with
given as (select * from given_utterances),

records as (
  select
    typed.export_no, typed.record, typed.call_id, exports.source,
    coalesce(typed.batch_id, case when is_id(envelope_batch_id) then envelope_batch_id end) as batch_id
  from typed_records as typed
  inner join (select export_no, source from read_exports) as exports using (export_no)
  where is_id(identity)
),

typed as (
  select *, time_of(timestamp) as spoken_at, offset_of(timestamp) as offset_seconds
  from given
  inner join records using (export_no, record)
),

final as (
  select
    export_no, record, source, call_id, batch_id, place,
    speaker_of(speaker) as speaker,
    text,
    spoken_at,
    offset_seconds,
    case when confidence between 0 and 1 then confidence end as confidence,
    null::varchar as extra,
    case when spoken_at is null and offset_seconds is null then timestamp end as unread_time,
    case when not confidence between 0 and 1 then confidence::varchar end as unread_confidence,
    null::varchar as given
  from typed
)

select * from final

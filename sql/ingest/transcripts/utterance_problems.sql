-- what: Fields of utterances that were present and could not be read, of records that can be used.
-- grain: one row per unreadable field
-- inputs: typed_utterances, typed_records, read_exports
-- outputs:
--   the columns of `staged_problems`; raw is the field's text, observed_at what is known so far of the record's time
--   (NULL where only its export tells it)
with
utterances as (select * from typed_utterances),

records as (select * from typed_records),

exports as (select * from read_exports),

faults as (
  select export_no, record, place, '' as part, 'not_an_utterance' as code, given as raw
  from utterances
  where text is null
  union all
  select export_no, record, place, '.timestamp' as part, 'not_a_time' as code, unread_time as raw
  from utterances
  where unread_time is not null
  union all
  select export_no, record, place, '.confidence' as part, 'not_a_share' as code, unread_confidence as raw
  from utterances
  where unread_confidence is not null
),

final as (
  select
    export_no, exports.location, record, records.line, records.document, 'field' as level, code,
    'transcript.segments[' || place || ']' || part as field,
    '`' || field || '` was left empty: ' || unread_sentence(code, raw) as message,
    raw, records.identity as call_id, records.source, coalesce(records.batch_id, records.envelope_batch_id) as batch_id,
    coalesce(records.updated_at, records.own_exported_at, records.exported_at) as observed_at
  from faults
  inner join records using (export_no, record)
  inner join exports using (export_no)
)

select * from final

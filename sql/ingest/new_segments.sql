-- what: The utterances to be written, of the records that are the $occurrence-th with a transcript of their call.
-- grain: one row per utterance that can be used
-- inputs: typed_utterances, spoken_records
-- outputs:
--   the columns of `segments` but text_key; position leaves out what can't be used
-- parameters: $occurrence (from 1)
with
spoken as (select export_no, record from spoken_records where occurrence = $occurrence),

utterances as (
  select * from typed_utterances semi join spoken using (export_no, record) where text is not null
),

final as (
  select
    source, call_id, batch_id,
    row_number() over (partition by export_no, record order by place) as position,
    speaker, text, spoken_at, offset_seconds, confidence, extra
  from utterances
  order by batch_id, call_id, position
)

select * from final

-- what: The utterances to be written, of the records that are the $occurrence-th with a transcript of their call.
-- grain: one row per utterance that can be used
-- inputs: said_utterances, spoken_records
-- outputs:
--   the columns of `segments`
-- parameters: $occurrence (from 1)
with
spoken as (select export_no, record from spoken_records where occurrence = $occurrence),

said as (select * from said_utterances semi join spoken using (export_no, record)),

final as (
  select
    source, call_id, batch_id, position, speaker, text, text_key, spoken_at, offset_seconds, confidence,
    is_first_human, is_first_with_key, extra
  from said
  order by batch_id, call_id, position
)

select * from final

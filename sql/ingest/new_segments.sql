-- what: The utterances to be written, of the records that are the $occurrence-th with a transcript of their call.
-- grain: one row per utterance
-- inputs: typed_utterances, spoken_records
-- outputs:
--   the columns of `segments` but text_key, sorted by batch and call
with
spoken as (select export_no, record from spoken_records where occurrence = $occurrence),

utterances as (select typed.* from typed_utterances as typed semi join spoken using (export_no, record)),

gapped as (select distinct export_no, record from utterances where text is null),

placed as (
  select *, place as position from utterances anti join gapped using (export_no, record)
  union all by name
  select *, row_number() over (partition by export_no, record order by place) as position
  from utterances semi join gapped using (export_no, record)
  where text is not null
),

final as (
  select source, call_id, batch_id, position, speaker, text, spoken_at, offset_seconds, confidence, extra
  from placed
  order by batch_id, call_id, position
)

select * from final

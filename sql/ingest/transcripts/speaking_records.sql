-- what: Whose utterances those of transcripts are.
-- grain: one row per record given, in the order given
-- inputs: given_records, typed_records
-- outputs:
--   export_no, record, source, call_id, batch_id (the call's own or its envelope's)
with
given as (select export_no, record, row_number() over () as place from given_records),

typed as (select * from typed_records),

final as (
  select
    export_no, record, typed.source, typed.call_id,
    coalesce(typed.batch_id, typed.envelope_batch_id, typed.named_batch_id) as batch_id
  from given
  inner join typed using (export_no, record)
  order by place
)

select * from final

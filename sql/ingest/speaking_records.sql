-- what: Whose utterances those of regular transcripts are.
-- grain: one row per record given, in the order given
-- inputs: given_records, typed_records, read_exports
-- outputs:
--   export_no, record, source, call_id, batch_id (the call's own or its envelope's); call_id is NULL where the record
--   can't be used
with
given as (select export_no, record, row_number() over () as place from given_records),

usable as (select * from typed_records where is_id(identity)),

exports as (select export_no, source from read_exports),

final as (
  select
    export_no, record, exports.source, usable.call_id,
    coalesce(usable.batch_id, case when is_id(envelope_batch_id) then envelope_batch_id end) as batch_id
  from given
  left join usable using (export_no, record)
  left join exports using (export_no)
  order by place
)

select * from final

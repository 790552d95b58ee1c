-- what: The batch records of this run, each with the time of its observation.
-- grain: one row per usable batch record
-- inputs: staged_batches, final_envelopes, read_exports, status_names
-- outputs:
--   source, the merged columns of `batches`, `status_rank`, export_no, document, record, export_id, `is_whole` (whether
--   the export was read as a whole), `observed_at` (updated_at, else exported_at, the record's own before its
--   envelope's, else the export's time, UTC)
with
staged as (select * from staged_batches),

envelopes as (select * from final_envelopes),

exports as (select * from read_exports),

names as (select * from status_names),

final as (
  select
    exports.export_id, exports.is_whole,
    staged.* exclude (
      line, identity, envelope_batch_id, updated_at, own_exported_at, exported_at, unread_exported_at, read_at, faults
    ),
    coalesce(
      staged.updated_at, staged.own_exported_at,
      if(envelopes.export_no is null, staged.exported_at, envelopes.time), staged.read_at
    ) as observed_at,
    coalesce(names.rank, -1) as status_rank
  from staged
  inner join exports using (export_no)
  left join envelopes using (export_no, document)
  left join names on names.key = status_key(staged.status_reported)
)

select * from final

-- what: What the exports of this run say of calls, each observation with its batch and its time.
-- grain: one row per usable call record
-- inputs: staged_calls, final_envelopes, status_names
-- outputs:
--   the merged columns of `calls` (`status` NULL where none was given, or none that is known), `status_rank` (how far a
--   call has come, for ties), export_no, document, outcome, transcript_file, transcript_batch_id, `observed_at`
--   (updated_at, else exported_at, the record's own before its envelope's, else the export's time, UTC)
with
-- What was said before a document's records gives way to what is known at its end.
enveloped as (
  select
    staged.* exclude (envelope_batch_id, exported_at),
    if(envelopes.export_no is null, staged.envelope_batch_id, envelopes.batch_id) as envelope_batch_id,
    if(envelopes.export_no is null, staged.exported_at, envelopes.time) as exported_at
  from staged_calls as staged
  left join final_envelopes as envelopes using (export_no, document)
),

names as (select * from status_names),

final as (
  select
    enveloped.* exclude (
      batch_id, envelope_batch_id, named_batch_id, status_meant,
      updated_at, own_exported_at, exported_at, unread_exported_at, read_at, faults,
      record, line, identity
    ),
    coalesce(batch_id, envelope_batch_id, named_batch_id) as batch_id,
    coalesce(updated_at, own_exported_at, exported_at, read_at) as observed_at,
    coalesce(names.rank, -1) as status_rank,
    nullif(names.status, 'unknown') as status,
    coalesce(names.outcome, 'unknown') as outcome
  from enveloped
  left join names on names.key = status_key(coalesce(enveloped.status_meant, enveloped.status_reported))
)

select * from final

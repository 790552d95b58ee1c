-- what: What the exports of this run say of calls, each observation with its batch and its time.
-- grain: one row per usable call record
-- inputs: staged_calls, late_envelopes, read_exports, status_names
-- outputs:
--   the merged columns of `calls`, `status_rank` (how far a call has come, for ties), `segments`, export_no,
--   document, outcome, `observed_at` (updated_at, else exported_at, else the export's time, UTC)
with
staged as (select * from staged_calls),

envelopes as (select * from late_envelopes),

exports as (select * from read_exports),

names as (select * from status_names),

final as (
  select
    exports.source,
    staged.* exclude (
      batch_id, envelope_batch_id, updated_at, exported_at, read_at, faults, record, line, identity
    ),
    coalesce(
      staged.batch_id,
      case when is_id(coalesce(staged.envelope_batch_id, envelopes.batch_id))
        then coalesce(staged.envelope_batch_id, envelopes.batch_id) end
    ) as batch_id,
    coalesce(staged.updated_at, staged.exported_at, time_of(envelopes.exported_at), staged.read_at) as observed_at,
    coalesce(names.rank, -1) as status_rank,
    coalesce(names.outcome, 'unknown') as outcome
  from staged
  inner join exports using (export_no)
  left join envelopes using (export_no, document)
  left join names on names.key = status_key(staged.status_reported)
)

select * from final

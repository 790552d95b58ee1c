-- what: Fields that were present and could not be read, of records that can be used.
-- grain: one row per unreadable field
-- inputs: typed_records, read_exports
-- outputs:
--   the columns of `staged_problems`; raw is the field's text, identity the record's id
with
typed as (select * from typed_records where is_id(identity)),

exports as (select * from read_exports),

faults as (select * exclude (faults), unnest(faults) as found from typed where len(faults) > 0),

final as (
  select
    export_no, exports.location, record, line, 'field' as level, found.code as code, found.field as field,
    '`' || found.field || '` was left empty: ' || replace(found.code, '_', ' ') as message,
    found.raw as raw, identity, coalesce(updated_at, exported_at, read_at) as observed_at
  from faults
  inner join exports using (export_no)
)

select * from final

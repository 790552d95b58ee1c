-- what: Fields that were present and could not be read, of records that can be used.
-- grain: one row per unreadable field
-- inputs: typed_records, given_faults, platform_fields, read_exports
-- outputs:
--   the columns of `staged_problems`; raw is the field's text, identity the record's id, observed_at what is known
--   so far of the record's time (NULL where only its export tells it)
-- note: platform_fields names the fields of other platforms as they spell them, and what their unit expects.
-- given_faults are those found while decoding: values that can't stand where they do.
with
typed as (select * from typed_records),

exports as (select * from read_exports),

spelled as (select * from platform_fields),

unread as (
  select export_no, record, found.field, found.code, found.raw
  from (select export_no, record, unnest(faults) as found from typed where len(faults) > 0)
),

faults as (select * from unread union all by name select * from given_faults),

final as (
  select
    export_no, exports.location, record, typed.line, typed.document, 'field' as level, code, field,
    coalesce('`' || field || '`, ' || spelled.fields || ' of ' || spelled.platform || ',', '`' || field || '`')
      || ' was left empty: ' || case
        when spelled.expected is not null and code in ('not_an_amount', 'not_a_duration', 'not_a_time')
        then split_part(unread_sentence(code, raw), '; expected', 1) || '; expected ' || spelled.expected
        else unread_sentence(code, raw)
      end as message,
    raw, typed.identity, typed.source, coalesce(typed.batch_id, typed.envelope_batch_id) as batch_id,
    coalesce(typed.updated_at, typed.own_exported_at, typed.exported_at) as observed_at
  from faults
  inner join typed using (export_no, record)
  inner join exports using (export_no)
  left join spelled using (field)
)

select * from final

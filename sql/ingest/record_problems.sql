-- what: Records that can't be used: their JSON is malformed, or no id can be read from them.
-- grain: one row per unusable record
-- inputs: gathered_records, typed_records, read_exports
-- outputs:
--   the columns of `staged_problems`; raw is the record's text
with
gathered as (select * from gathered_records),

typed as (select * from typed_records),

exports as (select * from read_exports),

malformed as (
  select export_no, record, line, 'not_json' as code, 'the record is not valid JSON' as message, raw
  from gathered
  where not is_json
),

nameless as (
  select
    gathered.export_no, gathered.record, gathered.line, 'no_identity' as code,
    'no usable id (1 to 256 characters, no control characters) in the record' as message, gathered.raw
  from typed
  inner join gathered using (export_no, record)
  where not coalesce(is_id(typed.identity), false)
),

unusable as (select * from malformed union all select * from nameless),

final as (
  select unusable.*, 'record' as level, exports.location, exports.observed_at
  from unusable
  inner join exports using (export_no)
)

select * from final

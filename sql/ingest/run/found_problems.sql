-- what: The problems that this run found, as the lake keeps them; one that is held already is not reported again.
-- grain: one row per problem
-- inputs: staged_problems, staged_calls, staged_batches, final_envelopes, read_exports, problems
-- outputs:
--   the columns of `problems` without run_id
with
staged as (select * from staged_problems),

envelopes as (select * from final_envelopes),

exports as (select * from read_exports),

held as (select * from problems),

-- A time of an export that can't be read is one problem, however many records it is said of.
unread_times as (
  select export_no, document, record, unread_exported_at from staged_calls where unread_exported_at is not null
  union all
  select export_no, document, record, unread_exported_at from staged_batches where unread_exported_at is not null
  union all
  select export_no, document, null::bigint as record, exported_at as unread_exported_at
  from envelopes
  where exported_at is not null and time is null
),

export_times as (
  select
    export_no, exports.location, min(record) as record, 'field' as level, 'not_a_time' as code,
    'exported_at' as field, unread_exported_at as raw,
    '`exported_at` was left empty: ' || unread_sentence('not_a_time', unread_exported_at) as message
  from unread_times
  inner join exports using (export_no)
  -- A batch's own time counts for its calls as well.
  anti join (select export_no, raw as unread_exported_at from staged where field = 'exported_at') as unread
    using (export_no, unread_exported_at)
  group by all
),

placed as (
  select
    staged.* exclude (document, batch_id, envelope_exported_at, observed_at),
    coalesce(staged.batch_id, envelopes.batch_id) as batch_id,
    coalesce(
      staged.observed_at, time_of(coalesce(envelopes.exported_at, staged.envelope_exported_at))
    ) as observed_at
  from staged
  left join envelopes using (export_no, document)
  union all by name
  select * from export_times
),

named as (
  select
    sha256(to_json([
      coalesce(placed.source, exports.source), coalesce(exports.export_id, placed.location), placed.record::varchar,
      placed.byte::varchar, placed.code, placed.field, placed.raw
    ])::varchar) as problem_id,
    coalesce(placed.source, exports.source) as source,
    exports.export_id,
    placed.* exclude (export_no, observed_at, source, batch_id),
    -- As of a call that names no batch, also not around it; a fault of the whole file is of no record.
    coalesce(placed.batch_id, if(placed.level = 'file', null, exports.named_batch_id)) as batch_id,
    coalesce(placed.observed_at, exports.observed_at) as observed_at
  from placed
  inner join exports using (export_no)
),

final as (
  select distinct on (problem_id) named.*
  from named
  where export_id is not null
    or problem_id not in (select held.problem_id from held)
)

select * from final

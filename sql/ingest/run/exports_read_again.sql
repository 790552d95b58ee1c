-- what: The exports of this run that were read before, with each source that the records in them are of.
-- grain: one row per export and source
-- inputs: read_exports, exports, staged_calls, staged_batches, staged_problems
-- outputs:
--   source, export_id
with
given as (select * from read_exports),

held as (select export_id from exports),

-- A file of several platforms' records gave rows of each.
sources as (
  select export_no, source from given
  union
  select export_no, source from staged_calls
  union
  select export_no, source from staged_batches
  union
  select export_no, source from staged_problems where source is not null
),

final as (
  select sources.source, given.export_id
  from given
  inner join sources using (export_no)
  where given.is_whole and given.export_id in (select held.export_id from held)
)

select * from final

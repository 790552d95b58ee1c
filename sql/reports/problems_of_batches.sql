-- what: What could not be used of the exports that concern some batches, and of their calls.
-- grain: one row per problem
-- inputs: problems, snapshots, calls, named_batches
-- outputs:
--   the columns of `problems`
with
of_exports as (
  select distinct source, export_id
  from snapshots
  semi join named_batches using (source, batch_id)
),

of_calls as (
  select source, call_id
  from calls
  semi join named_batches using (source, batch_id)
),

final as (
  select *
  from problems
  where (source, batch_id) in (select source, batch_id from named_batches)
    or (source, export_id) in (select source, export_id from of_exports)
    or (source, call_id) in (select source, call_id from of_calls)
)

select * from final

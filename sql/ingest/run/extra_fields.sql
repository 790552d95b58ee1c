-- what: The exports' own fields that this run kept in `extra`.
-- grain: one row per table and field, those of most records first
-- inputs: staged_calls, staged_batches, extra_of_utterances
-- outputs:
--   table_name, field (a path), records (calls, batches or utterances that have it, a count)
with
kept as (
  select 'calls' as table_name, unnest(json_keys(extra)) as field from staged_calls where extra is not null
  union all
  select 'batches' as table_name, unnest(json_keys(extra)) as field from staged_batches where extra is not null
),

counted as (
  select table_name, field, count(*) as records from kept group by all
  union all
  select 'segments' as table_name, field, sum(records)::bigint as records from extra_of_utterances group by all
),

final as (select * from counted order by records desc, table_name, field)

select * from final

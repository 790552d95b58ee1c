-- what: The exports' own fields, those that no column holds and `extra` keeps: where, in how many rows, an example.
-- grain: one row per platform, table and field
-- inputs: calls, batches, segments
-- outputs:
--   source: the platform
--   table_name: calls, batches or segments
--   field: the field's path in the export, its keys joined by dots
--   records (rows): rows of the table that hold the field
--   share (ratio): share of the platform's rows in that table = records / rows
--   example: one of its values, the smallest as text, cut at 80 characters; null where all are null
with
held as (
  select source, 'calls' as table_name, extra from calls
  union all
  select source, 'batches', extra from batches
  union all
  select source, 'segments', extra from segments
),

totals as (
  select source, table_name, count(*) as held_rows
  from held
  group by source, table_name
),

entries as (
  select held.source, held.table_name, entry.key as field, entry.value ->> '$' as value
  from held, json_each(held.extra) as entry
  where held.extra is not null
),

fields as (
  select source, table_name, field, count(*) as records, min(value) as example
  from entries
  group by source, table_name, field
),

final as (
  select
    fields.source,
    fields.table_name,
    fields.field,
    fields.records,
    fields.records / totals.held_rows as share,
    if(length(fields.example) > 80, left(fields.example, 79) || '…', fields.example) as example
  from fields
  inner join totals using (source, table_name)
)

select * from final

-- what: The own fields of some calls whose names suggest that they hold a person's name, address or number.
-- grain: one row per field
-- inputs: calls
-- parameters: $call_ids (whose fields)
-- outputs:
--   field (path): the field
--   calls (calls): how many of the calls have it
with
found as (
  select unnest(json_keys(extra)) as field
  from calls
  where list_contains($call_ids, call_id) and extra is not null
),

final as (
  select field, count(*) as calls
  from found
  where regexp_matches(lower(field), 'name|mail|address|contact|customer|phone')
  group by field
)

select * from final
order by field

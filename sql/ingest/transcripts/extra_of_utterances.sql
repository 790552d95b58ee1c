-- what: The fields of utterances that are kept in their `extra`, with how many have them.
-- grain: one row per field
-- inputs: utterances_read
-- outputs:
--   field (a path), records (utterances that have it, a count)
with
-- Most of these texts repeat; each is taken apart once.
texts as (select extra, count(*) as records from utterances_read where extra is not null group by all),

final as (
  select field, sum(records)::bigint as records
  from (select unnest(json_keys(extra)) as field, records from texts)
  group by all
)

select * from final

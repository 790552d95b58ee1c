-- what: How often reported responses were said, however they were spelled.
-- grain: one row per group_key and key, of those that were said
-- inputs: selected_segments, spellings
-- parameters: $keys (the folded texts, or texts that fold to nothing)
-- outputs:
--   group_key: as in spellings
--   key: one of $keys
--   utterances: human utterances of it, a count
with
utterances as (
  select * from selected_segments
  union all by name
  select null as group_key where false
),

worded as (
  select group_key, text_key as key, sum(utterances)::bigint as utterances
  from spellings
  where text_key <> '' and list_contains($keys, text_key)
  group by group_key, text_key
),

unworded as (
  select group_key, text as key, count(*) as utterances
  from utterances
  where speaker = 'human' and text_key = '' and list_contains($keys, text)
  group by group_key, text
),

final as (
  select group_key, key, utterances from worded
  union all
  select group_key, key, utterances from unworded
)

select * from final

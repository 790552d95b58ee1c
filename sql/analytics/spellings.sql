-- what: What people answered, human utterances counted as they are written, for families responses and patterns.
-- grain: one row per group_key, text_key and text, and one per text_key and text for all where there are groups
-- inputs: selected_segments
-- outputs:
--   group_key: the values grouped by where selected_segments has such a column, else null: one group; null for all groups
--   text_key: the text folded at ingest; empty where it holds no word
--   text: as exported
--   utterances (utterances): human utterances of this text
--   calls (calls): calls in which this text is the person's first with its text_key
--   first_utterances (calls): calls in which it is the first human utterance
with
utterances as (
  select * from selected_segments
  union all by name
  select null as group_key where false
),

-- Far fewer than utterances. A call is in one group, so what marks the first in a call can be added up.
counted as materialized (
  select
    group_key,
    text_key,
    text,
    count(*) as utterances,
    count(*) filter (where is_first_with_key) as calls,
    count(*) filter (where is_first_human) as first_utterances
  from utterances
  where speaker = 'human'
  group by group_key, text_key, text
),

final as (
  select * from counted
  union all
  select
    null as group_key,
    text_key,
    text,
    sum(utterances)::bigint as utterances,
    sum(calls)::bigint as calls,
    sum(first_utterances)::bigint as first_utterances
  from counted
  where group_key is not null
  group by text_key, text
)

select * from final

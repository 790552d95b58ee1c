-- what: What people answered, human utterances counted by text_key, the text folded at ingest: families responses and
--       patterns.
-- grain: one row per group_key and text_key, and one per text_key for all where there are groups; among them one for the
--        empty text_key where utterances hold no word
-- inputs: selected_segments
-- outputs:
--   group_key: the values grouped by where selected_segments has such a column, else null: one group; null for all groups
--   text_key: the folded text
--   text: its most frequent spelling; of equally frequent ones the smallest
--   utterances (utterances): human utterances with this text_key
--   calls (calls): calls in which a human said it
--   first_utterances (calls): calls in which it is the first human utterance
--   share (ratio): share of all human utterances = utterances / human utterances
--   rank: by utterances, then calls, both descending, then text; null for the empty text_key
with
utterances as (
  select * from selected_segments
  union all by name
  select null as group_key where false
),

-- One row a spelling: far fewer than utterances. A call is in one group, so what marks the first in a call can be added up.
spellings as materialized (
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

with_whole as (
  select * from spellings
  union all
  select
    null as group_key,
    text_key,
    text,
    sum(utterances)::bigint as utterances,
    sum(calls)::bigint as calls,
    sum(first_utterances)::bigint as first_utterances
  from spellings
  where group_key is not null
  group by text_key, text
),

texts as (
  select
    group_key,
    text_key,
    arg_min(text, {fewer: -utterances, text: text}) as text,
    sum(utterances)::bigint as utterances,
    sum(calls)::bigint as calls,
    sum(first_utterances)::bigint as first_utterances
  from with_whole
  group by group_key, text_key
),

final as (
  select
    group_key,
    text_key,
    text,
    utterances,
    calls,
    first_utterances,
    utterances / sum(utterances) over (partition by group_key) as share,
    case when text_key <> '' then row_number() over (
      partition by group_key order by text_key = '', utterances desc, calls desc, text
    ) end as rank
  from texts
)

select * from final

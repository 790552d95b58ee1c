-- what: What people answered: human utterances counted by text_key, the text folded at ingest.
-- grain: one row per group_key and text_key, one of them for the empty text_key where utterances hold no word
-- inputs: selected_segments
-- outputs:
--   group_key: the values grouped by where selected_segments has such a column, else null: one group
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

human as (
  select group_key, source, call_id, position, text, text_key
  from utterances
  where speaker = 'human'
),

spellings as (
  select group_key, text_key, text, count(*) as utterances
  from human
  group by all
),

said as (
  select distinct group_key, source, call_id, text_key
  from human
),

openings as (
  select group_key, source, call_id, arg_min(text_key, position) as text_key
  from human
  group by group_key, source, call_id
),

counts as (
  select
    group_key,
    text_key,
    arg_min(text, {fewer: -utterances, text: text}) as text,
    sum(utterances) as utterances,
    0 as calls,
    0 as first_utterances
  from spellings
  group by group_key, text_key
  union all
  select group_key, text_key, null, 0, count(*), 0
  from said
  group by group_key, text_key
  union all
  select group_key, text_key, null, 0, 0, count(*)
  from openings
  group by group_key, text_key
),

texts as (
  select
    group_key,
    text_key,
    any_value(text) as text,
    sum(utterances)::bigint as utterances,
    sum(calls)::bigint as calls,
    sum(first_utterances)::bigint as first_utterances
  from counts
  group by group_key, text_key
),

final as (
  select
    *,
    utterances / sum(utterances) over (partition by group_key) as share,
    case when text_key <> '' then row_number() over (
      partition by group_key order by text_key = '', utterances desc, calls desc, text
    ) end as rank
  from texts
)

select * from final

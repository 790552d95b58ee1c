-- what: The most common responses: human utterances counted by text_key, the text folded at ingest.
-- grain: one row per group_key and rank
-- inputs: spellings
-- parameters: $top (how many)
-- outputs:
--   group_key: as in spellings
--   rank: from 1, by utterances, then calls, both descending, then text; the empty text_key has none
--   text: the most frequent spelling; of equally frequent ones the smallest
--   utterances (utterances): human utterances with this text_key
--   calls (calls): calls in which a human said it
--   share (ratio): share of all human utterances = utterances / human utterances
with
texts as (
  select
    group_key,
    text_key,
    sum(utterances)::bigint as utterances,
    sum(calls)::bigint as calls
  from spellings
  group by group_key, text_key
),

-- There are millions of texts, and few that can be among the top: only for these a spelling is chosen, and only they are
-- sorted. How many texts are said more often is told by how many are said how often.
frequencies as (
  select group_key, utterances, calls, count(*) as texts
  from texts
  where text_key <> ''
  group by group_key, utterances, calls
),

placed as (
  select
    group_key,
    utterances,
    calls,
    sum(texts) over (partition by group_key order by utterances desc, calls desc) - texts as texts_before
  from frequencies
),

spelled as (
  select
    texts.group_key,
    texts.utterances,
    texts.calls,
    arg_min(spellings.text, {fewer: -spellings.utterances, text: spellings.text}) as text
  from texts
  join placed
    on placed.group_key is not distinct from texts.group_key
    and placed.utterances = texts.utterances
    and placed.calls = texts.calls
  join spellings
    on spellings.group_key is not distinct from texts.group_key
    and spellings.text_key = texts.text_key
  where texts.text_key <> '' and placed.texts_before < $top
  group by texts.group_key, texts.text_key, texts.utterances, texts.calls
),

totals as (
  select group_key, sum(utterances) as utterances
  from texts
  group by group_key
),

ranked as (
  select
    spelled.group_key,
    row_number() over (
      partition by spelled.group_key order by spelled.utterances desc, spelled.calls desc, spelled.text
    ) as rank,
    spelled.text,
    spelled.utterances,
    spelled.calls,
    spelled.utterances / totals.utterances as share
  from spelled
  join totals on totals.group_key is not distinct from spelled.group_key
),

final as (
  select * from ranked where rank <= $top
)

select * from final

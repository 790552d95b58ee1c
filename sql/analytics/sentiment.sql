-- what: What the platform says of the mood of calls: family sentiment.
-- grain: one row per group_key, and one for all where there are groups; no row where no call is selected
-- inputs: selected_calls
-- outputs:
--   group_key: the values grouped by where selected_calls has such a column, else null: one group; null for all groups
--   sentiment_calls (calls): calls with all three scores; one left out of others is 0, one that can't be read is none
--   sentiment_missing (calls): calls without all three scores
--   sentiment_positive (0 to 1): mean positive score = sum of positive scores / sentiment_calls
--   sentiment_neutral (0 to 1): mean neutral score = sum of neutral scores / sentiment_calls
--   sentiment_negative (0 to 1): mean negative score = sum of negative scores / sentiment_calls
--   mainly_positive (calls): calls whose positive score is above both others
--   mainly_positive_share (ratio): share of the calls with scores = mainly_positive / sentiment_calls
--   mainly_neutral (calls): calls whose neutral score is above both others
--   mainly_neutral_share (ratio): share of the calls with scores = mainly_neutral / sentiment_calls
--   mainly_negative (calls): calls whose negative score is above both others
--   mainly_negative_share (ratio): share of the calls with scores = mainly_negative / sentiment_calls
--   mainly_undecided (calls): calls whose highest score is shared
--   mainly_undecided_share (ratio): share of the calls with scores = mainly_undecided / sentiment_calls
--   sentiment_labels (calls): calls of each sentiment label, with or without scores
--   sentiment_unlabelled (calls): calls without a sentiment label
with
calls_by_group as (
  select * from selected_calls
  union all by name
  select null as group_key where false
),

-- What an export leaves out of its scores is 0 in the lake; what is NULL beside others couldn't be read: with one NULL
-- the sum is.
scored as (
  select
    group_key,
    sentiment_label,
    if(sentiment_positive + sentiment_neutral + sentiment_negative is null, null, sentiment_positive) as positive,
    if(sentiment_positive + sentiment_neutral + sentiment_negative is null, null, sentiment_neutral) as neutral,
    if(sentiment_positive + sentiment_neutral + sentiment_negative is null, null, sentiment_negative) as negative
  from calls_by_group
),

-- Whole units add up to the same sum in any order; floating point does not.
by_label as materialized (
  select
    group_key,
    sentiment_label,
    count(*) as calls,
    count(positive) as scored_calls,
    sum(round_even(positive * 1e15, 0)::bigint::hugeint) as positive,
    sum(round_even(neutral * 1e15, 0)::bigint::hugeint) as neutral,
    sum(round_even(negative * 1e15, 0)::bigint::hugeint) as negative,
    count(*) filter (where positive > neutral and positive > negative) as mainly_positive,
    count(*) filter (where neutral > positive and neutral > negative) as mainly_neutral,
    count(*) filter (where negative > positive and negative > neutral) as mainly_negative
  from scored
  group by group_key, sentiment_label
),

with_whole as (
  select * from by_label
  union all
  select
    null as group_key,
    sentiment_label,
    sum(calls)::bigint as calls,
    sum(scored_calls)::bigint as scored_calls,
    sum(positive) as positive,
    sum(neutral) as neutral,
    sum(negative) as negative,
    sum(mainly_positive)::bigint as mainly_positive,
    sum(mainly_neutral)::bigint as mainly_neutral,
    sum(mainly_negative)::bigint as mainly_negative
  from by_label
  where group_key is not null
  group by sentiment_label
),

summed as (
  select
    group_key,
    sum(calls)::bigint as total_calls,
    sum(scored_calls)::bigint as scored_calls,
    sum(positive)::varchar::double as positive,
    sum(neutral)::varchar::double as neutral,
    sum(negative)::varchar::double as negative,
    sum(mainly_positive)::bigint as mainly_positive,
    sum(mainly_neutral)::bigint as mainly_neutral,
    sum(mainly_negative)::bigint as mainly_negative,
    map_from_entries(
      list({label: sentiment_label, calls: calls}) filter (where sentiment_label is not null)
    ) as labels,
    coalesce(sum(calls) filter (where sentiment_label is null), 0)::bigint as unlabelled
  from with_whole
  group by group_key
),

final as (
  select
    group_key,
    scored_calls as sentiment_calls,
    total_calls - scored_calls as sentiment_missing,
    positive / nullif(scored_calls, 0) / 1e15 as sentiment_positive,
    neutral / nullif(scored_calls, 0) / 1e15 as sentiment_neutral,
    negative / nullif(scored_calls, 0) / 1e15 as sentiment_negative,
    mainly_positive,
    mainly_positive / nullif(scored_calls, 0) as mainly_positive_share,
    mainly_neutral,
    mainly_neutral / nullif(scored_calls, 0) as mainly_neutral_share,
    mainly_negative,
    mainly_negative / nullif(scored_calls, 0) as mainly_negative_share,
    scored_calls - mainly_positive - mainly_neutral - mainly_negative as mainly_undecided,
    (scored_calls - mainly_positive - mainly_neutral - mainly_negative) / nullif(scored_calls, 0)
      as mainly_undecided_share,
    labels as sentiment_labels,
    unlabelled as sentiment_unlabelled
  from summed
)

select * from final

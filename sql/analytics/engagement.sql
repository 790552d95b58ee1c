-- what: How people took part, the platform's own figures, and measured from the transcript where it gave none: family
--       engagement.
-- grain: one row per group_key, and one for all where there are groups; no row where no call is selected
-- inputs: selected_calls
-- outputs:
--   group_key: the values grouped by where selected_calls has such a column, else null: one group; null for all groups
--   total_calls (calls): calls selected
--   score_calls (calls): calls with an engagement score
--   score_mean (0 to 1): mean engagement score = sum of scores / score_calls
--   score_bands (calls): calls in each fifth of the score, in order; a score on the boundary belongs to the upper fifth
--   talk_ratio_calls (calls): calls with a talk ratio, given or measured
--   talk_ratio_reported (calls): calls whose talk ratio the platform gave
--   talk_ratio_ai (0 to 1): mean share of talk by the agent; measured, its share of the words said by agent and person
--   talk_ratio_human (0 to 1): mean share of talk by the person, in the same way
--   response_time_calls (calls): calls with a response time, given or measured
--   response_time_reported (calls): calls whose response time the platform gave
--   response_time_mean (seconds): mean response time; measured, from the agent's utterance to the reply, start to start
--   interruptions_calls (calls): calls with a count of interruptions; a transcript has no ends to measure them by
--   interruptions_mean (interruptions a call): mean count = interruptions / interruptions_calls
--   turns_calls (calls): calls with a transcript
--   turns_mean (turns a call): unbroken runs of one speaker's utterances = turns / turns_calls
--   human_turns (turns): the person's turns in all transcripts
--   human_words (words): words, parted by blanks, that people said in all transcripts
--   words_calls (calls): calls in which the person said anything
--   words_mean (words a turn): how much people say at a time = human_words / human_turns
with
calls_by_group as (
  select * from selected_calls
  union all by name
  select null as group_key where false
),

measured as (
  select
    group_key,
    engagement,
    case when engagement is not null then least(floor(engagement * 5), 4)::integer end as band,
    interruptions,
    turns,
    human_turns,
    human_words,
    coalesce(talk_ratio_ai, talk_ratio_human) is not null as ratio_reported,
    if(coalesce(talk_ratio_ai, talk_ratio_human) is not null, talk_ratio_ai, 1 - human_words / nullif(words, 0)) as ratio_ai,
    if(coalesce(talk_ratio_ai, talk_ratio_human) is not null, talk_ratio_human, human_words / nullif(words, 0))
      as ratio_human,
    response_time_seconds is not null as response_reported,
    coalesce(
      try_cast(round_even(response_time_seconds * 1e6, 0) as bigint),
      try_cast(round_even(measured_response_seconds * 1e6, 0) as bigint)
    ) as response_micros
  from calls_by_group
),

-- Whole units add up to the same sum in any order; floating point does not.
counted as materialized (
  select
    group_key,
    count(*) as total_calls,
    count(engagement) as score_calls,
    sum(round_even(engagement * 1e15, 0)::bigint::hugeint) as score,
    count(*) filter (where band = 0) as first_band,
    count(*) filter (where band = 1) as second_band,
    count(*) filter (where band = 2) as third_band,
    count(*) filter (where band = 3) as fourth_band,
    count(*) filter (where band = 4) as fifth_band,
    count(coalesce(ratio_ai, ratio_human)) as ratio_calls,
    count(*) filter (where ratio_reported) as ratio_reported,
    count(ratio_ai) as ratio_ai_calls,
    sum(round_even(ratio_ai * 1e15, 0)::bigint::hugeint) as ratio_ai,
    count(ratio_human) as ratio_human_calls,
    sum(round_even(ratio_human * 1e15, 0)::bigint::hugeint) as ratio_human,
    count(response_micros) as response_calls,
    count(*) filter (where response_reported) as response_reported,
    sum(response_micros::hugeint) as response_micros,
    count(interruptions) as interruptions_calls,
    sum(interruptions::hugeint) as interruptions,
    count(turns) as turns_calls,
    sum(turns::hugeint) as turns,
    sum(human_turns::hugeint) as human_turns,
    sum(human_words::hugeint) as human_words,
    count(*) filter (where human_turns > 0) as words_calls
  from measured
  group by group_key
),

with_whole as (
  select * from counted
  union all
  select
    null as group_key,
    sum(total_calls)::bigint as total_calls,
    sum(score_calls)::bigint as score_calls,
    sum(score) as score,
    sum(first_band)::bigint as first_band,
    sum(second_band)::bigint as second_band,
    sum(third_band)::bigint as third_band,
    sum(fourth_band)::bigint as fourth_band,
    sum(fifth_band)::bigint as fifth_band,
    sum(ratio_calls)::bigint as ratio_calls,
    sum(ratio_reported)::bigint as ratio_reported,
    sum(ratio_ai_calls)::bigint as ratio_ai_calls,
    sum(ratio_ai) as ratio_ai,
    sum(ratio_human_calls)::bigint as ratio_human_calls,
    sum(ratio_human) as ratio_human,
    sum(response_calls)::bigint as response_calls,
    sum(response_reported)::bigint as response_reported,
    sum(response_micros) as response_micros,
    sum(interruptions_calls)::bigint as interruptions_calls,
    sum(interruptions) as interruptions,
    sum(turns_calls)::bigint as turns_calls,
    sum(turns) as turns,
    sum(human_turns) as human_turns,
    sum(human_words) as human_words,
    sum(words_calls)::bigint as words_calls
  from counted
  where group_key is not null
  having count(*) > 0
),

final as (
  select
    group_key,
    total_calls,
    score_calls,
    score::varchar::double / nullif(score_calls, 0) / 1e15 as score_mean,
    [first_band, second_band, third_band, fourth_band, fifth_band] as score_bands,
    ratio_calls as talk_ratio_calls,
    ratio_reported as talk_ratio_reported,
    ratio_ai::varchar::double / nullif(ratio_ai_calls, 0) / 1e15 as talk_ratio_ai,
    ratio_human::varchar::double / nullif(ratio_human_calls, 0) / 1e15 as talk_ratio_human,
    response_calls as response_time_calls,
    response_reported as response_time_reported,
    response_micros / nullif(response_calls, 0) / 1e6 as response_time_mean,
    interruptions_calls,
    interruptions / nullif(interruptions_calls, 0) as interruptions_mean,
    turns_calls,
    turns / nullif(turns_calls, 0) as turns_mean,
    coalesce(human_turns, 0)::bigint as human_turns,
    coalesce(human_words, 0)::bigint as human_words,
    words_calls,
    human_words / nullif(human_turns, 0) as words_mean
  from with_whole
)

select * from final

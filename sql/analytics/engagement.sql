-- what: How people took part: the platform's own figures, and measured from the transcript where it gave none.
-- grain: one row per group_key; no row where no call is selected
-- inputs: selected_calls, selected_segments
-- outputs:
--   group_key: the values grouped by where selected_calls has such a column, else null: one group
--   total_calls (calls): calls selected
--   score_calls (calls): calls with an engagement score
--   score_mean (0 to 1): mean engagement score = sum of scores / score_calls
--   score_bands (calls): calls by fifth of the score, 0 to 4; a score on the boundary belongs to the upper fifth
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

utterances as (
  select
    source,
    call_id,
    speaker,
    if(text_key = '', 0, length(text_key) - length(replace(text_key, ' ', '')) + 1) as words,
    lag(speaker) over in_order as speaker_before,
    coalesce(
      epoch_us(spoken_at) - lag(epoch_us(spoken_at)) over in_order,
      ((offset_seconds - lag(offset_seconds) over in_order) * 1e6)::bigint
    ) as micros_since
  from selected_segments
  window in_order as (partition by source, call_id order by position)
),

transcripts as (
  select
    source,
    call_id,
    count(*) filter (where speaker is distinct from speaker_before) as turns,
    count(*) filter (where speaker = 'human' and speaker_before is distinct from 'human') as human_turns,
    coalesce(sum(words) filter (where speaker = 'human'), 0) as human_words,
    sum(words) filter (where speaker in ('ai', 'human')) as words,
    avg(micros_since) filter (
      where speaker = 'human' and speaker_before = 'ai' and micros_since >= 0
    ) as response_micros
  from utterances
  group by source, call_id
),

-- Whole units add up to the same sum in any order; floating point does not.
conversations as (
  select
    group_key,
    engagement,
    interruptions,
    turns,
    human_turns,
    human_words,
    coalesce(talk_ratio_ai, talk_ratio_human) is not null as ratio_reported,
    if(ratio_reported, talk_ratio_ai, 1 - human_words / nullif(words, 0)) as ratio_ai,
    if(ratio_reported, talk_ratio_human, human_words / nullif(words, 0)) as ratio_human,
    response_time_seconds is not null as response_reported,
    coalesce(try_cast(response_time_seconds * 1e6 as bigint), response_micros::bigint) as response_micros
  from calls_by_group
  left join transcripts using (source, call_id)
),

final as (
  select
    group_key,
    count(*) as total_calls,
    count(engagement) as score_calls,
    avg((engagement * 1e15)::bigint) / 1e15 as score_mean,
    histogram(least(floor(engagement * 5), 4)::integer) filter (where engagement is not null) as score_bands,
    count(coalesce(ratio_ai, ratio_human)) as talk_ratio_calls,
    count(*) filter (where ratio_reported) as talk_ratio_reported,
    avg((ratio_ai * 1e15)::bigint) / 1e15 as talk_ratio_ai,
    avg((ratio_human * 1e15)::bigint) / 1e15 as talk_ratio_human,
    count(response_micros) as response_time_calls,
    count(*) filter (where response_reported) as response_time_reported,
    avg(response_micros) / 1e6 as response_time_mean,
    count(interruptions) as interruptions_calls,
    avg(interruptions) as interruptions_mean,
    count(turns) as turns_calls,
    avg(turns) as turns_mean,
    coalesce(sum(human_turns), 0)::bigint as human_turns,
    coalesce(sum(human_words), 0)::bigint as human_words,
    count(*) filter (where human_turns > 0) as words_calls,
    sum(human_words) / nullif(sum(human_turns), 0) as words_mean
  from conversations
  group by group_key
)

select * from final

-- what: The figures about calls that have one value a group: counts, rates, duration, sentiment.
-- grain: one row per group_key; no row where no call is selected
-- inputs: selected_calls
-- outputs:
--   group_key: the values grouped by where selected_calls has such a column, else null: one group
--   total_calls (calls): calls selected
--   completed (calls): calls whose outcome is completed
--   failed (calls): calls whose outcome is failed, that is failed, busy, no_answer, voicemail or cancelled
--   in_progress (calls): calls whose outcome is in_progress, that is scheduled, queued, ringing or in_progress
--   unknown (calls): calls whose outcome is unknown
--   by_status (calls): calls of each status
--   average_duration (seconds): mean length of the calls with a known one = duration_total / duration_calls
--   success_rate (ratio): share of all calls that were completed = completed / total_calls
--   finished (calls): calls whose outcome is completed or failed
--   completed_of_finished (ratio): share of the finished calls that were completed = completed / finished
--   success_known (calls): calls whose success the platform reports
--   succeeded (calls): calls that the platform calls a success
--   success_of_known (ratio): share of the calls with a success flag where it is true = succeeded / success_known
--   duration_calls (calls): calls with a known duration
--   duration_missing (calls): calls without a known duration
--   duration_total (seconds): sum of all known durations, each counted to the microsecond
--   duration_mean (seconds): mean of the known durations = duration_total / duration_calls
--   duration_non_zero_calls (calls): calls that lasted longer than 0 seconds
--   duration_mean_of_non_zero (seconds): mean of the durations above 0 = duration_total / duration_non_zero_calls
--   duration_completed_calls (calls): completed calls with a known duration
--   duration_mean_of_completed (seconds): mean over completed calls = their durations / duration_completed_calls
--   duration_median (seconds): the middle known duration, interpolated linearly between two neighbours
--   duration_p90 (seconds): 90 % of the known durations are at most this, interpolated linearly
--   duration_p95 (seconds): 95 % of the known durations are at most this, interpolated linearly
--   duration_min (seconds): the shortest known duration
--   duration_max (seconds): the longest known duration
--   duration_standard_deviation (seconds): of a sample (n - 1); null for fewer than two known durations
--   sentiment_calls (calls): calls with all three scores; one left out where another is given is 0, an unreadable one is none
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

-- Whole units add up to the same sum in any order; floating point does not.
measured as (
  select
    group_key,
    status,
    outcome,
    success,
    sentiment_label,
    duration_seconds,
    try_cast(duration_seconds * 1e6 as bigint) as micros,
    -- What an export leaves out of its scores is 0 in the lake; what is NULL where others aren't couldn't be read.
    sentiment_positive is not null and sentiment_neutral is not null and sentiment_negative is not null as scored,
    if(scored, sentiment_positive, 0) as positive,
    if(scored, sentiment_neutral, 0) as neutral,
    if(scored, sentiment_negative, 0) as negative
  from calls_by_group
),

counted as (
  select
    group_key,
    count(*) as total_calls,
    count(*) filter (where outcome = 'completed') as completed,
    count(*) filter (where outcome = 'failed') as failed,
    count(*) filter (where outcome = 'in_progress') as in_progress,
    histogram(status) as by_status,
    count(success) as success_known,
    count(*) filter (where success) as succeeded,
    count(micros) as duration_calls,
    sum(micros) as micros,
    sum(micros::hugeint * micros) as squared_micros,
    count(*) filter (where micros > 0) as duration_non_zero_calls,
    count(micros) filter (where outcome = 'completed') as duration_completed_calls,
    sum(micros) filter (where outcome = 'completed') as completed_micros,
    quantile_cont(duration_seconds, [0.5, 0.9, 0.95]) as duration_quantiles,
    min(duration_seconds) as duration_min,
    max(duration_seconds) as duration_max,
    count(*) filter (where scored) as sentiment_calls,
    sum((positive * 1e15)::bigint) as positive,
    sum((neutral * 1e15)::bigint) as neutral,
    sum((negative * 1e15)::bigint) as negative,
    count(*) filter (where positive > neutral and positive > negative) as mainly_positive,
    count(*) filter (where neutral > positive and neutral > negative) as mainly_neutral,
    count(*) filter (where negative > positive and negative > neutral) as mainly_negative,
    histogram(sentiment_label) as sentiment_labels,
    count(sentiment_label) as labelled
  from measured
  group by group_key
),

final as (
  select
    group_key,
    total_calls,
    completed,
    failed,
    in_progress,
    total_calls - completed - failed - in_progress as unknown,
    by_status,
    micros / nullif(duration_calls, 0) / 1e6 as average_duration,
    completed / total_calls as success_rate,
    completed + failed as finished,
    completed / nullif(completed + failed, 0) as completed_of_finished,
    success_known,
    succeeded,
    succeeded / nullif(success_known, 0) as success_of_known,
    duration_calls,
    total_calls - duration_calls as duration_missing,
    micros / 1e6 as duration_total,
    micros / nullif(duration_calls, 0) / 1e6 as duration_mean,
    duration_non_zero_calls,
    micros / nullif(duration_non_zero_calls, 0) / 1e6 as duration_mean_of_non_zero,
    duration_completed_calls,
    completed_micros / nullif(duration_completed_calls, 0) / 1e6 as duration_mean_of_completed,
    duration_quantiles[1] as duration_median,
    duration_quantiles[2] as duration_p90,
    duration_quantiles[3] as duration_p95,
    duration_min,
    duration_max,
    sqrt(
      (duration_calls * squared_micros - micros * micros)
      / nullif(duration_calls::hugeint * (duration_calls - 1), 0)
    ) / 1e6 as duration_standard_deviation,
    sentiment_calls,
    total_calls - sentiment_calls as sentiment_missing,
    positive / nullif(sentiment_calls, 0) / 1e15 as sentiment_positive,
    neutral / nullif(sentiment_calls, 0) / 1e15 as sentiment_neutral,
    negative / nullif(sentiment_calls, 0) / 1e15 as sentiment_negative,
    mainly_positive,
    mainly_positive / nullif(sentiment_calls, 0) as mainly_positive_share,
    mainly_neutral,
    mainly_neutral / nullif(sentiment_calls, 0) as mainly_neutral_share,
    mainly_negative,
    mainly_negative / nullif(sentiment_calls, 0) as mainly_negative_share,
    sentiment_calls - mainly_positive - mainly_neutral - mainly_negative as mainly_undecided,
    mainly_undecided / nullif(sentiment_calls, 0) as mainly_undecided_share,
    sentiment_labels,
    total_calls - labelled as sentiment_unlabelled
  from counted
)

select * from final

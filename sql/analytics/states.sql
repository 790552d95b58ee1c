-- what: For each time that a batch's figures were reported at, what the report lists of its calls and what came later.
-- grain: one row per batch and time that one of its figures was reported at
-- inputs: batches, calls, snapshots
-- outputs:
--   source: the platform
--   batch_id: the batch
--   reported_at: when the figures were reported
--   held_calls (calls): calls of the batch that the lake holds
--   later_status (calls): those whose status is of a later observation than the report
--   later_duration (calls): those whose duration is
--   later_cost (calls): those whose cost is
--   later_sentiment (calls): those whose sentiment scores are
--   later_transcript (calls): those whose transcript is
--   listed_calls (calls): calls that the reporting export itself lists; null where it is no longer known
--   listed_completed (calls): those listed as completed; null where none is listed
--   listed_failed (calls): those listed as failed
--   listed_in_progress (calls): those listed as in progress
--   listed_success_rate (ratio): share of the calls listed = listed_completed / listed_calls
with
reports as (
  select distinct
    source,
    batch_id,
    unnest([
      coalesce(field_observed_at['reported_total_calls'], observed_at),
      coalesce(field_observed_at['reported_completed'], observed_at),
      coalesce(field_observed_at['reported_failed'], observed_at),
      coalesce(field_observed_at['reported_in_progress'], observed_at),
      coalesce(field_observed_at['reported_average_duration_seconds'], observed_at),
      coalesce(field_observed_at['reported_total_cost'], observed_at),
      coalesce(field_observed_at['reported_success_rate'], observed_at),
      coalesce(field_observed_at['reported_sentiment_positive'], observed_at),
      coalesce(field_observed_at['reported_common_responses'], observed_at)
    ]) as reported_at
  from batches
),

-- When each value of a call was observed last; null where it has none. Values that are merged as one (a state
-- and its spelling, the scores, a transcript and its digest) have the time of one of them.
observed as (
  select
    source,
    batch_id,
    call_id,
    if(status_reported is null, null, coalesce(field_observed_at['status_reported'], observed_at)) as status_at,
    if(
      duration_seconds is null, null, coalesce(field_observed_at['duration_seconds'], observed_at)
    ) as duration_at,
    if(cost is null, null, coalesce(field_observed_at['cost'], observed_at)) as cost_at,
    if(
      coalesce(sentiment_positive, sentiment_neutral, sentiment_negative) is null,
      null,
      coalesce(field_observed_at['sentiment_positive'], observed_at)
    ) as sentiment_at,
    if(segment_count is null, null, coalesce(field_observed_at['segment_count'], observed_at)) as transcript_at
  from calls
  where batch_id is not null
),

held as (
  select
    reports.source,
    reports.batch_id,
    reports.reported_at,
    count(observed.call_id) as held_calls,
    count(*) filter (where status_at > reports.reported_at) as later_status,
    count(*) filter (where duration_at > reports.reported_at) as later_duration,
    count(*) filter (where cost_at > reports.reported_at) as later_cost,
    count(*) filter (where sentiment_at > reports.reported_at) as later_sentiment,
    count(*) filter (where transcript_at > reports.reported_at) as later_transcript
  from reports
  left join observed using (source, batch_id)
  group by reports.source, reports.batch_id, reports.reported_at
),

-- Of several listings at one time the longest counts, and of these any one, the same in every run.
listed as (
  select source, batch_id, observed_at as reported_at, max(struct_pack(
    calls := coalesce(listed_calls, 0),
    completed := listed_completed,
    failed := listed_failed,
    in_progress := listed_in_progress
  )) as listed
  from snapshots
  group by source, batch_id, observed_at
),

final as (
  select
    held.*,
    listed.calls as listed_calls,
    listed.completed as listed_completed,
    listed.failed as listed_failed,
    listed.in_progress as listed_in_progress,
    listed.completed / nullif(listed.calls, 0) as listed_success_rate
  from held
  left join listed using (source, batch_id, reported_at)
)

select * from final

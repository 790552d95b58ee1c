-- what: For each time that a batch's figures were reported at, what the lake knew of its calls before and since.
-- grain: one row per batch and time that one of its figures was reported at
-- inputs: batches, calls, snapshots
-- outputs:
--   source: the platform
--   batch_id: the batch
--   reported_at: when the figures were reported
--   held_calls (calls): calls of the batch that the lake holds
--   changed_calls (calls): those whose status is of a later observation than the report
--   listed_calls (calls): calls that the reporting export itself lists; null where it is no longer known
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
      coalesce(field_observed_at['reported_sentiment_neutral'], observed_at),
      coalesce(field_observed_at['reported_sentiment_negative'], observed_at),
      coalesce(field_observed_at['reported_common_responses'], observed_at)
    ]) as reported_at
  from batches
),

held as (
  select
    reports.source,
    reports.batch_id,
    reports.reported_at,
    count(calls.call_id) as held_calls,
    count(*) filter (
      where coalesce(calls.field_observed_at['status'], calls.observed_at) > reports.reported_at
    ) as changed_calls
  from reports
  left join calls using (source, batch_id)
  group by reports.source, reports.batch_id, reports.reported_at
),

listed as (
  select source, batch_id, observed_at as reported_at, max(listed_calls) as listed_calls
  from snapshots
  group by source, batch_id, observed_at
),

final as (
  select
    held.*,
    listed.listed_calls
  from held
  left join listed using (source, batch_id, reported_at)
)

select * from final

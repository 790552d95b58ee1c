-- what: Each observation of a batch: its counts as reported, and the outcomes of the calls listed with them.
-- grain: one row per batch record
-- inputs: enveloped_batches, observed_calls, kept_out_calls, status_names, snapshots
-- outputs:
--   the columns of `snapshots` without run_id; counts are of calls, listed counts NULL where none is listed
-- note: A record that is tried again by its text alone belongs to an export that was read before; what the lake holds
-- of it stays as it is.
with
batches as (select * from enveloped_batches),

names as (select * from status_names),

-- What was erased still counts as listed: else the order of exports and erasures would matter.
calls as (
  select export_no, document, outcome from observed_calls
  union all
  select kept_out.export_no, kept_out.document, coalesce(names.outcome, 'unknown')
  from kept_out_calls as kept_out
  left join names on names.key = status_key(kept_out.status_reported)
),

held as (select source, batch_id, export_id, record from snapshots),

listed as (
  select
    export_no, document,
    count(*) as listed_calls,
    count(*) filter (outcome = 'completed') as listed_completed,
    count(*) filter (outcome = 'failed') as listed_failed,
    count(*) filter (outcome = 'in_progress') as listed_in_progress,
    count(*) filter (outcome = 'unknown') as listed_unknown
  from calls
  group by all
),

observed as (
  select
    batches.source,
    batches.batch_id,
    batches.observed_at,
    batches.export_id,
    batches.record,
    coalesce(names.status, lower(batches.status_reported)) as status,
    batches.reported_total_calls,
    batches.reported_completed,
    batches.reported_failed,
    batches.reported_in_progress,
    listed.* exclude (export_no, document),
    batches.is_whole
  from batches
  left join listed using (export_no, document)
  left join names on names.key = status_key(batches.status_reported)
),

final as (
  select * exclude (is_whole) from observed where is_whole
  union all
  select observed.* exclude (is_whole)
  from observed
  anti join held using (source, batch_id, export_id, record)
  where not is_whole
)

select * from final

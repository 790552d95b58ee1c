-- what: Whether this run can have found problems: to plan the queries for them takes longer than to ingest a call.
-- grain: one row
-- inputs: staged_problems, staged_calls, staged_batches, final_envelopes, merged_calls, merged_batches
-- outputs:
--   may_be_found (something was noted, or is said of an export's time: found_problems tells), may_be_merged (an end was
--   dropped: merged_problems tells)
with
noted as (select count(*) as problems from staged_problems),

of_calls as (select count(unread_exported_at) as times from staged_calls),

of_batches as (select count(unread_exported_at) as times from staged_batches),

of_envelopes as (select count(exported_at) as times from final_envelopes),

calls as (select count(*) as dropped from merged_calls where ended_at is null and ended_at_reported is not null),

batches as (
  select count(*) as dropped from merged_batches where completed_at is null and completed_at_reported is not null
),

final as (
  select
    noted.problems + of_calls.times + of_batches.times + of_envelopes.times > 0 as may_be_found,
    calls.dropped + batches.dropped > 0 as may_be_merged
  from noted
  cross join of_calls
  cross join of_batches
  cross join of_envelopes
  cross join calls
  cross join batches
)

select * from final

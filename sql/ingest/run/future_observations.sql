-- what: Observations of this run that are dated after now: they win over all that comes until then.
-- grain: one row
-- inputs: observed_calls, enveloped_batches
-- outputs:
--   observations (calls and batches seen after $after, a count), newest (the greatest of their times, UTC)
-- parameters: $after (a time, UTC)
with
observed as (
  select observed_at from observed_calls
  union all
  select observed_at from enveloped_batches
),

final as (select count(*) as observations, max(observed_at) as newest from observed where observed_at > $after)

select * from final

-- what: Notable calls, ranked: the longest, the most expensive of each currency, those with the highest
--   negative score, and the newest that failed. A call without the value is in no order.
-- grain: one row per kind and call
-- inputs: selected_calls
-- outputs:
--   kind: longest, most_expensive, most_negative or failed
--   ranked_currency: the currency that costs are ranked in; null of other kinds, and where the export names none
--   rank: the place in the order, from 1; calls that are equal are in order of time and id
--   ranked (calls): calls of this kind and currency
--   source: the platform
--   call_id: the call's id
with
calls as (
  select source, call_id, call_time, outcome, duration_seconds, cost, currency, sentiment_negative
  from selected_calls
),

measured as (
  select 'longest' as kind, null::varchar as ranked_currency, duration_seconds::decimal(38, 9) as measure, calls.*
  from calls
  where duration_seconds > 0
  union all
  select 'most_expensive', currency, cost, calls.*
  from calls
  where cost > 0
  union all
  select 'most_negative', null, sentiment_negative::decimal(38, 9), calls.*
  from calls
  where sentiment_negative > 0
  union all
  select 'failed', null, coalesce(epoch_us(call_time), 0)::decimal(38, 9), calls.*
  from calls
  where outcome = 'failed'
),

final as (
  select
    kind,
    ranked_currency,
    row_number() over (
      partition by kind, ranked_currency order by measure desc, call_time nulls last, call_id, source
    ) as rank,
    count(*) over (partition by kind, ranked_currency) as ranked,
    source,
    call_id
  from measured
)

select * from final

-- what: The people called: how often each was tried, on which attempt reached, what it took.
-- grain: one row per source and number that isn't ours, the most attempts first
-- inputs: selected_calls
-- outputs:
--   number: the number that isn't ours
--   attempts (calls): calls to or from it
--   reached_on (attempts): which attempt was the first to be completed, from 1; null where none was
--   first_reached (UTC): when that was
--   last_call (UTC): when the last call took place
--   last_status: its canonical state
--   talk_time (seconds): length of all its calls, each counted to the microsecond; null where none is known
--   agent: the last agent's name, else its id
--   cost (money): sum of the known costs for each currency, the unnamed one last; null without any
--   completed (calls): completed calls
--   first_call (UTC): when the first call took place
--   batches: how many batches they are of
--   source: the platform
with
numbered as (
  select
    *,
    if(direction = 'inbound', from_number, coalesce(to_number, from_number)) as number
  from selected_calls
),

-- A call whose time isn't known comes after the others, in the order of ids.
tried as (
  select
    *,
    row_number() over (partition by source, number order by call_time nulls last, call_id) as attempt
  from numbered
  where number is not null
),

priced as (
  select source, number, currency, sum(cost)::decimal(38, 6) as amount
  from tried
  where cost is not null
  group by source, number, currency
),

costs as (
  select
    source,
    number,
    list({'amount': amount, 'currency': currency} order by currency nulls last) as cost
  from priced
  group by source, number
),

final as (
  select
    tried.number,
    count(*) as attempts,
    min(attempt) filter (where outcome = 'completed') as reached_on,
    arg_min(call_time, attempt) filter (where outcome = 'completed') as first_reached,
    max(call_time) as last_call,
    arg_max(status, attempt) as last_status,
    sum(try_cast(round_even(duration_seconds * 1e6, 0) as bigint)::hugeint) / 1e6 as talk_time,
    arg_max(coalesce(agent_name, agent_id), attempt) as agent,
    any_value(costs.cost) as cost,
    count(*) filter (where outcome = 'completed') as completed,
    min(call_time) as first_call,
    count(distinct batch_id) as batches,
    tried.source
  from tried
  left join costs on tried.source = costs.source and tried.number = costs.number
  group by tried.source, tried.number
  order by attempts desc, tried.number, tried.source
)

select * from final

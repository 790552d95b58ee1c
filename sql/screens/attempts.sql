-- what: For each number of attempts, how many people were tried so often, and how many were first reached on it.
-- grain: one row per number of attempts, from 1
-- inputs: selected_calls
-- outputs:
--   attempt: the number of the attempt, from 1
--   tried (contacts): people called at least so often
--   reached (contacts): those whose first completed call was this attempt
with
tried as (
  select
    source,
    if(direction = 'inbound', from_number, coalesce(to_number, from_number)) as number,
    outcome,
    row_number() over (partition by source, number order by call_time nulls last, call_id) as attempt
  from selected_calls
  where number is not null
),

reached as (
  select source, number, min(attempt) as attempt
  from tried
  where outcome = 'completed'
  group by source, number
),

final as (
  select
    tried.attempt,
    count(*) as tried,
    count(reached.attempt) as reached
  from tried
  left join reached
    on tried.source = reached.source
    and tried.number = reached.number
    and tried.attempt = reached.attempt
  group by tried.attempt
  order by tried.attempt
)

select * from final

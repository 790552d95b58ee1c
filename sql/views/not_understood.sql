-- what: Calls about which nothing was understood: neither their state, nor a time of theirs, nor duration, nor cost.
-- grain: one row per platform that has any
-- inputs: calls
-- outputs:
--   source: the platform
--   calls (calls): calls held of it
--   not_understood (calls): those whose four are all unknown; a time that only their batch has is none of theirs
with
counted as (
  select
    source,
    count(*) as calls,
    count(*) filter (
      where status = 'unknown'
        and coalesce(started_at, created_at, ended_at) is null
        and duration_seconds is null
        and cost is null
    ) as not_understood
  from calls
  group by source
),

final as (select source, calls, not_understood from counted where not_understood > 0)

select * from final

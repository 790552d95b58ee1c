-- what: Each transcript as a JSON object of its segments, in the key order of the documented call.
-- grain: one row per call with a transcript
-- inputs: selected_segments
-- outputs:
--   source: the platform
--   call_id: the call's id
--   transcript: `segments`, in their order; unknown values are left out, times are UTC
with
segments as (select * from selected_segments),

members as (
  select
    source,
    call_id,
    position,
    concat(
      '{"speaker":', to_json(speaker),
      ',"text":', to_json(text),
      ',"timestamp":"' || replace((spoken_at at time zone 'UTC')::varchar, ' ', 'T') || 'Z"',
      ',"offset":' || offset_seconds,
      ',"confidence":' || confidence,
      '}'
    ) as segment
  from segments
),

final as (
  select
    source,
    call_id,
    '{"segments":[' || string_agg(segment, ',' order by position) || ']}' as transcript
  from members
  group by source, call_id
)

select * from final

-- what: What was said in the selected calls, each utterance with its place in time.
-- grain: one row per utterance
-- inputs: selected_segments
-- outputs:
--   source: the platform
--   call_id: the call
--   position: its place in the transcript, from 1
--   utterances (utterances): how many the transcript has
--   speaker: ai, human or unknown
--   text: what was said
--   offset_seconds (seconds): as exported, else since the first utterance with a time; null where it has none
with
segments as (select * from selected_segments),

final as (
  select
    source,
    call_id,
    position,
    count(*) over (partition by source, call_id) as utterances,
    speaker,
    text,
    coalesce(
      offset_seconds,
      (epoch_us(spoken_at) - epoch_us(min(spoken_at) over (partition by source, call_id))) / 1e6
    ) as offset_seconds
  from segments
)

select * from final

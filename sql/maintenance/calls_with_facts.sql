-- what: Calls with what their transcripts tell about them, of a lake that doesn't have it yet.
-- grain: one row per call
-- inputs: calls, call_facts
-- outputs:
--   the columns of `calls`
with
told as (select * from call_facts),

final as (
  select
    calls.* replace (
      told.turns as turns,
      told.human_turns as human_turns,
      told.human_words as human_words,
      told.words as words,
      told.measured_response_seconds as measured_response_seconds
    )
  from calls
  left join told using (source, call_id)
)

select * from final

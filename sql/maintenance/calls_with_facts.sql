-- what: Calls with what their transcripts tell about them, of a lake that doesn't have it yet.
-- grain: one row per call
-- inputs: calls, call_facts
-- outputs:
--   the columns of `calls`
with
facts as (select * from call_facts),

final as (
  select
    calls.* replace (
      facts.turns as turns,
      facts.human_turns as human_turns,
      facts.human_words as human_words,
      facts.words as words,
      facts.measured_response_seconds as measured_response_seconds
    )
  from calls
  left join facts using (source, call_id)
)

select * from final

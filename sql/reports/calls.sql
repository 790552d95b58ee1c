-- what: The selected calls with what a list of them shows.
-- grain: one row per call
-- inputs: selected_calls
-- outputs:
--   call_id: the call's id
--   source: the platform
--   batch_id: the batch that it belongs to
--   call_time: when it was, UTC
--   status: the canonical state
--   outcome: what became of it
--   success: whether the platform calls it a success
--   duration_seconds (seconds): its length
--   cost (money): what the platform charged, in `currency`
--   currency: ISO 4217; null where the export names none
--   direction: inbound, outbound or web
--   from_number: the calling number
--   to_number: the called number
--   agent_id: the voice agent's id
--   agent_name: the voice agent's name
--   sentiment_positive (0 to 1): positive score
--   sentiment_neutral (0 to 1): neutral score
--   sentiment_negative (0 to 1): negative score
--   sentiment_label: the platform's one word for it
--   engagement (0 to 1): engagement score
--   segment_count (utterances): utterances held; null where no transcript has come
--   ended_by: who or what ended it
--   outcome_label: the platform's own word for the result
--   is_test: whether it was a test call
--   summary: the platform's summary
with
calls as (select * from selected_calls),

final as (
  select
    call_id,
    source,
    batch_id,
    call_time,
    status,
    outcome,
    success,
    duration_seconds,
    cost,
    currency,
    direction,
    from_number,
    to_number,
    agent_id,
    agent_name,
    sentiment_positive,
    sentiment_neutral,
    sentiment_negative,
    sentiment_label,
    engagement,
    segment_count,
    ended_by,
    outcome_label,
    is_test,
    summary
  from calls
)

select * from final

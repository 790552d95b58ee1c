-- what: Ultravox's calls: single, listed, and by webhook.
-- grain: one row per raw record
-- inputs: given_calls
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_calls reads, as text (NULL where absent)
-- records:
--   callId, and one of billedDuration, billingStatus, endReason, joinTimeout
-- fields:
--   call_id: callId
--   created_at: created
--   started_at: joined
--   ended_at: ended
--   medium: medium (kept)
--   agent_id: agentId, agent.agentId
--   agent_name: agent.name
--   ended_by: endReason
--   summary: summary, shortSummary
-- note: A call has no state but its reason to end, no cost, and no length but that which is billed (`billedDuration`, in
-- `extra`): it lasted from joining to its end. What was said is asked for elsewhere.
with
fields as (select * from given_calls),

final as (
  select
    * exclude (medium) replace (
      case
        when ended_by = 'unjoined' then 'no_answer'
        when ended_by is not null then meaning_of_end(ended_by)
        when ended_at is not null then 'completed'
        when started_at is not null then 'in_progress'
        else 'queued'
      end as status_meant,
      case when time_of(ended_at) >= time_of(started_at)
        then ((epoch_us(time_of(ended_at)) - epoch_us(time_of(started_at))) / 1000000)::varchar end
        as duration_seconds,
      case
        when contains(medium, '"outgoing"') then 'outbound'
        when contains(medium, '"incoming"') then 'inbound'
        when contains(medium, '"webRtc"') then 'web'
      end as direction,
      nullif(regexp_extract(medium, '"from": ?"([^"]+)"', 1), '') as from_number,
      nullif(regexp_extract(medium, '"to": ?"([^"]+)"', 1), '') as to_number
    )
  from fields
)

select * from final

-- what: Bolna's executions: single, listed, and by webhook.
-- grain: one row per raw record
-- inputs: given_calls
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_calls reads, as text (NULL where absent)
-- records:
--   id, agent_id, and one of conversation_duration, conversation_time, telephony_data, answered_by_voice_mail,
--   usage_breakdown
-- fields:
--   call_id: id
--   batch_id: batch_id
--   status: status
--   machine: answered_by_voice_mail (kept)
--   duration_seconds: conversation_duration, conversation_time, telephony_data.duration
--   cost: total_cost (cents)
--   created_at: created_at
--   updated_at: updated_at
--   direction: telephony_data.call_type
--   from_number: telephony_data.from_number
--   to_number: telephony_data.to_number
--   agent_id: agent_id
--   ended_by: telephony_data.hangup_by
--   summary: summary
--   recording_url: telephony_data.recording_url
-- transcript: transcript
-- spoken: assistant, agent, user, customer
-- utterances:
--   speaker: role
--   text: content, text, message
-- note: Times without an offset are UTC. The currency of a cost is not certain, and is left empty. A
-- disconnected call whose cost is still to come counts as in progress.
with
fields as (select * from given_calls),

final as (
  select
    * exclude (machine) replace (
      case
        when status_key(status) = 'completed' and machine = 'true' then 'voicemail'
        else case status
          when 'rescheduled' then 'scheduled'
          when 'initiated' then 'queued'
          when 'error' then 'failed'
          when 'stopped' then 'failed'
          when 'balance-low' then 'failed'
          when 'call-disconnected' then 'in_progress'
        end
      end as status_meant
    )
  from fields
)

select * from final

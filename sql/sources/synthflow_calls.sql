-- what: Synthflow's calls, single and listed.
-- grain: one row per raw record
-- inputs: given_calls
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_calls reads, as text (NULL where absent)
-- records:
--   call_id, and one of model_id, end_call_reason, type_of_call, phone_number_from
-- fields:
--   call_id: call_id
--   status: call_status, status
--   duration_seconds: duration
--   started_at: telephony_start, start_time (Unix milliseconds)
--   ended_at: telephony_end
--   direction: type_of_call
--   from_number: phone_number_from
--   to_number: phone_number_to
--   agent_number: agent_phone_number (kept)
--   lead_number: lead_phone_number (kept), lead.phone_number (kept)
--   agent_id: model_id
--   ended_by: end_call_reason
--   recording_url: recording_url
-- transcript: transcript
-- spoken: bot, human
-- utterances:
--   speaker: role
--   text: content, text, message
-- note: `telephony_duration` is milliseconds, of another span than the call, and stays in `extra`. There is no
-- cost. What a webhook says next to its call (`lead`, `executed_actions`, `analysis`) is read with it.
with
fields as (select * from given_calls),

final as (
  select
    * exclude (agent_number, lead_number, is_inbound) replace (
      case
        when status = 'completed' and ended_by in ('voicemail', 'voicemail_message_left') then 'voicemail'
        else case status
          when 'hangup_on_voicemail' then 'voicemail'
          when 'left_voicemail' then 'voicemail'
          when 'user-canceled' then 'cancelled'
          when 'pending' then 'queued'
          when 'registered' then 'queued'
          when 'spam' then 'failed'
          when 'paused' then 'queued'
        end
      end as status_meant,
      coalesce(from_number, if(is_inbound, lead_number, agent_number)) as from_number,
      coalesce(to_number, if(is_inbound, agent_number, lead_number)) as to_number
    )
  from (select *, coalesce(lower(direction) = 'inbound', false) as is_inbound from fields)
)

select * from final

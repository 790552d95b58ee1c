-- what: Atoms' calls, single and listed.
-- grain: one row per raw record
-- inputs: given_calls
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_calls reads, as text (NULL where absent)
-- records:
--   callId, and one of _id, disconnectionReason, type=telephony_inbound|telephony_outbound|webcall
-- fields:
--   call_id: callId
--   status: status
--   duration_seconds: duration
--   created_at: createdAt
--   direction: type
--   from_number: from
--   to_number: to
--   agent_id: agentId, agent._id
--   agent_name: agentName, agent.name
--   ended_by: disconnectionReason
--   summary: postCallAnalytics.summary
--   recording_url: recordingUrl
--   is_test: isTest
-- transcript: transcript
-- spoken: agent, assistant, ai, bot, user, human, customer
-- utterances:
--   speaker: role
--   text: content, text
--   time: timestamp
-- note: `callCost` is credits, not money, and stays in `extra`. There are no times of start and end.
with
fields as (select * from given_calls),

final as (
  select
    * replace (
      case
        when status_key(status) = 'completed' and contains(lower(ended_by), 'voicemail') then 'voicemail'
        else case status
          when 'pending' then 'queued'
          when 'in_queue' then 'queued'
          when 'active' then 'in_progress'
          when 'processing' then 'in_progress'
        end
      end as status_meant,
      case direction
        when 'telephony_inbound' then 'inbound'
        when 'telephony_outbound' then 'outbound'
        when 'webcall' then 'web'
        else direction
      end as direction
    )
  from fields
)

select * from final

-- what: ElevenLabs' conversations: single, listed, by webhook, as recipients of a batch, and as its library for
-- JavaScript spells them.
-- grain: one row per raw record
-- inputs: given_calls
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_calls reads, as text (NULL where absent)
-- records:
--   conversation_id, and one of agent_id, metadata, transcript, call_duration_secs, failure_reason
--   conversationId, and one of metadata, callDurationSecs
-- fields:
--   call_id: conversation_id, conversationId
--   batch_id: metadata.batch_call.batch_call_id, metadata.batchCall.batchCallId
--   status: status
--   failure: failure_reason
--   duration_seconds: metadata.call_duration_secs, call_duration_secs, metadata.callDurationSecs, callDurationSecs
--   cost: metadata.cost_fiat, metadata.costFiat
--   created_at: created_at_unix (Unix seconds)
--   started_at: metadata.start_time_unix_secs (Unix seconds), start_time_unix_secs (Unix seconds),
--     metadata.startTimeUnixSecs (Unix seconds), startTimeUnixSecs (Unix seconds)
--   direction: metadata.phone_call.direction, metadata.phoneCall.direction, direction
--   begun_by: conversation_initiation_source (kept), metadata.conversation_initiation_source (kept),
--     conversationInitiationSource (kept), metadata.conversationInitiationSource (kept)
--   external_number: metadata.phone_call.external_number, metadata.phoneCall.externalNumber
--   agent_number: metadata.phone_call.agent_number, metadata.phoneCall.agentNumber
--   from_number: metadata.body.From, metadata.body.from_number
--   to_number: metadata.body.To, metadata.body.to_number, phone_number
--   agent_id: agent_id, agentId
--   agent_name: agent_name, agentName
--   ended_by: metadata.termination_reason, termination_reason, failure_reason, metadata.terminationReason,
--     terminationReason
--   success: analysis.call_successful, call_successful, analysis.callSuccessful, callSuccessful
--   summary: analysis.transcript_summary, transcript_summary, analysis.transcriptSummary, transcriptSummary
--   sentiment_label: sentiment_analysis.overall_label, sentimentAnalysis.overallLabel
-- transcript: transcript
-- spoken: agent, user
-- utterances:
--   speaker: role
--   text: message
--   time: time_in_call_secs, timeInCallSecs
-- note: `metadata.cost` is credits, not money, and stays in `extra`. There is no time of the end. A recipient
-- of a batch that has no conversation is no call.
with
fields as (select * from given_calls),

final as (
  select
    * exclude (failure, begun_by, external_number, agent_number, is_inbound) replace (
      case
        when status is null then case
          when failure is null then null
          when status_key(failure) = 'busy' then 'busy'
          when status_key(failure) = 'noanswer' then 'no_answer'
          else 'failed'
        end
        when status = 'done' and contains(lower(ended_by), 'voicemail') then 'voicemail'
        else case status
          when 'done' then 'completed'
          when 'processing' then 'in_progress'
          when 'initiated' then 'queued'
          when 'pending' then 'scheduled'
          when 'dispatched' then 'queued'
        end
      end as status_meant,
      'USD' as currency,
      coalesce(
        direction, case when contains(lower(begun_by), 'sdk') or contains(lower(begun_by), 'widget') then 'web' end
      ) as direction,
      coalesce(if(is_inbound, external_number, agent_number), from_number) as from_number,
      coalesce(if(is_inbound, agent_number, external_number), to_number) as to_number,
      case success when 'success' then 'true' when 'failure' then 'false' when 'unknown' then null else success end
        as success,
      case when success = 'unknown' then extra_with(extra, 'call_successful', success) else extra end as extra
    )
  from (select *, coalesce(lower(direction) = 'inbound', false) as is_inbound from fields)
)

select * from final

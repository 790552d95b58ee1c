-- what: Vapi's calls: single, listed, and as reports at their end.
-- grain: one row per raw record
-- inputs: given_calls
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_calls reads, as text (NULL where absent)
-- records:
--   id, and one of endedReason, type=inboundPhoneCall|outboundPhoneCall|webCall|vapi.websocketCall
--   id, orgId, without model, voice, transcriber, firstMessage, members, function, nodes, provider, mimetype
-- fields:
--   call_id: id
--   batch_id: campaignId
--   status: status
--   duration_seconds: durationSeconds
--   cost: cost, costBreakdown.total
--   created_at: createdAt
--   updated_at: updatedAt
--   started_at: startedAt
--   ended_at: endedAt
--   direction: type
--   customer_number: customer.number
--   our_number: phoneNumber.number
--   agent_id: assistantId, assistant.id
--   agent_name: assistant.name
--   ended_by: endedReason
--   summary: analysis.summary, summary
--   evaluation: analysis.successEvaluation
--   recording_url: artifact.recordingUrl, artifact.recording.mono.combinedUrl, recordingUrl
-- transcript: artifact.messages, messages, artifact.transcript, transcript
-- spoken: bot, assistant, user
-- utterances:
--   speaker: role
--   text: message, content
--   time: time
-- note: A report's values stand in the place of its call's (batchlake/ingest/parse/platforms). Where no
-- duration is given it is end minus start. What an evaluation means depends on its rubric: true, false, pass
-- and fail tell success; any other word is the outcome's label.
with
fields as (select * from given_calls),

final as (
  select
    * exclude (customer_number, our_number, evaluation, reason, way) replace (
      case
        when reason is null then case status
          when 'forwarding' then 'in_progress'
          when 'ended' then 'completed'
        end
        when reason = 'voicemail' then 'voicemail'
        when reason = 'customerbusy' then 'busy'
        when reason = 'customerdidnotanswer' then 'no_answer'
        when reason in (
          'manuallycanceled', 'scheduledcalldeleted', 'calldeleted',
          'callringingsipinboundcallerhungupbeforecallconnect'
        ) then 'cancelled'
        when starts_with(reason, 'customerendedcall') or starts_with(reason, 'assistantendedcall')
          or ends_with(reason, 'sipcompletedcall')
          or reason in (
            'assistantsaidendcallphrase', 'assistantforwardedcall', 'silencetimedout', 'exceededmaxduration',
            'callinprogresstwiliocompletedcall', 'vonagecompleted', 'hangup'
          ) then 'completed'
        when starts_with(reason, 'assistantrequest') or starts_with(reason, 'assistantnot')
          or reason in (
            'twilioreportedcustomermisdialed', 'vonagerejected', 'assistantjointimedout', 'workershutdown',
            'customerdidnotgivemicrophonepermission', 'phonecallproviderbypassenabledbutnocallreceived',
            'pipelinenoavailablellmmodel', 'sipoutboundunallocatednumber'
          ) then 'failed'
        else meaning_of_end(ended_by)
      end as status_meant,
      coalesce(
        duration_seconds,
        case when time_of(ended_at) >= time_of(started_at)
          then ((epoch_us(time_of(ended_at)) - epoch_us(time_of(started_at))) / 1000000)::varchar end
      ) as duration_seconds,
      'USD' as currency,
      way as direction,
      case way when 'inbound' then customer_number when 'web' then null else our_number end as from_number,
      case way when 'inbound' then our_number when 'web' then null else customer_number end as to_number,
      case lower(evaluation) when 'pass' then 'true' when 'true' then 'true' when 'fail' then 'false'
        when 'false' then 'false' end as success,
      case when lower(evaluation) not in ('pass', 'true', 'fail', 'false') then evaluation end as outcome_label
    )
  from (
    select
      *,
      regexp_replace(lower(ended_by), '[-_.]', '', 'g') as reason,
      case direction
        when 'inboundPhoneCall' then 'inbound'
        when 'outboundPhoneCall' then 'outbound'
        when 'webCall' then 'web'
        when 'vapi.websocketCall' then 'web'
        else direction
      end as way
    from fields
  )
)

select * from final

-- what: Retell's calls: single, listed, and by webhook.
-- grain: one row per raw record
-- inputs: given_calls
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_calls reads, as text (NULL where absent)
-- records:
--   call_id, and one of call_type=phone_call|web_call, disconnection_reason, call_analysis, start_timestamp,
--   transcript_object
--   call_id, agent_id, call_status
-- fields:
--   call_id: call_id
--   status: call_status
--   duration_seconds: duration_ms (milliseconds)
--   cost: call_cost.combined_cost (cents)
--   reported_cents: call_cost.combined_cost
--   started_at: start_timestamp (Unix milliseconds)
--   ended_at: end_timestamp (Unix milliseconds)
--   direction: direction
--   call_type: call_type (kept)
--   from_number: from_number
--   to_number: to_number
--   agent_id: agent_id
--   agent_name: agent_name
--   ended_by: disconnection_reason
--   sentiment_label: call_analysis.user_sentiment
--   success: call_analysis.call_successful
--   in_voicemail: call_analysis.in_voicemail (kept)
--   summary: call_analysis.call_summary
--   recording_url: recording_url, scrubbed_recording_url (kept)
-- transcript: transcript_object, transcript, transcript_with_tool_calls, scrubbed_transcript_with_tool_calls
-- spoken: agent, user, transfer_target
-- utterances:
--   speaker: role
--   text: content
--   time: words.0.start
-- note: A call names no batch. Where an agent may store nothing personal, only what is scrubbed is there. While a
-- call runs, a cost of 0 is none yet. An end reason or an end outweighs `registered`, which a webhook says of
-- ended calls, too.
with
fields as (select * from given_calls),

final as (
  select
    * exclude (call_type, in_voicemail, is_running, reported_cents) replace (
      case
        when ended_by = 'voicemail_reached' or in_voicemail = 'true' then 'voicemail'
        when ended_by = 'dial_no_answer' then 'no_answer'
        when ended_by = 'dial_busy' then 'busy'
        when ended_by in (
          'user_hangup', 'agent_hangup', 'call_transfer', 'transfer_bridged', 'inactivity', 'max_duration_reached',
          'call_take_over', 'ivr_reached', 'scam_detected', 'transfer_cancelled'
        ) then 'completed'
        when ended_by = 'user_declined' then 'no_answer'
        when ended_by = 'manual_stopped' then 'cancelled'
        when ended_by in (
          'dial_failed', 'invalid_destination', 'sip_routing_error', 'marked_as_spam', 'no_valid_payment',
          'concurrency_limit_reached', 'no_concurrency_fallback', 'registered_call_timeout'
        ) or starts_with(ended_by, 'telephony_provider_') or starts_with(ended_by, 'error_') then 'failed'
        when ended_by is not null then meaning_of_end(ended_by)
        when status in ('registered', 'ongoing') and not is_running then 'completed'
        else case status
          when 'registered' then 'queued'
          when 'ongoing' then 'in_progress'
          when 'ended' then 'completed'
          when 'error' then 'failed'
          when 'not_connected' then 'failed'
        end
      end as status_meant,
      case when not is_running then cost end as cost,
      case when is_running and reported_cents is not null and number_of(reported_cents) is distinct from 0
        then extra_with(extra, 'call_cost.combined_cost', reported_cents) else extra end as extra,
      'USD' as currency,
      case when call_type = 'web_call' then 'web' else direction end as direction
    )
  from (
    select
      *,
      coalesce(status in ('registered', 'ongoing'), false) and ended_by is null and ended_at is null as is_running
    from fields
  )
)

select * from final

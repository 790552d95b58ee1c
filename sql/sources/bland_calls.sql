-- what: Bland's calls: single, listed, in batches, and by webhook.
-- grain: one row per raw record
-- inputs: given_calls
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_calls reads, as text (NULL where absent)
-- records:
--   call_id, answers, questions
--   call_id, and one of call_length, corrected_duration, queue_status, concatenated_transcript, answered_by,
--   call_ended_by, citations, corrected_transcript
--   c_id, and one of call_length, corrected_duration, queue_status, concatenated_transcript, answered_by,
--   call_ended_by
-- fields:
--   call_id: call_id, c_id
--   current_id: call_id
--   batch_id: batch_id
--   status: status, queue_status
--   state: status
--   queue_state: queue_status
--   answered_by: answered_by (kept)
--   completed: completed (kept)
--   duration_seconds: corrected_duration, call_length (minutes)
--   corrected_seconds: corrected_duration
--   cost: price
--   created_at: created_at
--   answers: answers (kept)
--   started_at: started_at
--   ended_at: end_at
--   direction: inbound
--   from_number: from
--   to_number: to
--   ended_by: call_ended_by
--   outcome_label: disposition_tag
--   summary: summary
--   recording_url: recording_url
--   pathway_id: pathway_id
-- transcript: transcripts, concatenated_transcript
-- spoken: assistant, robot, user
-- unspoken: agent-action
-- utterances:
--   speaker: user
--   text: text
--   time: created_at
-- note: A length without a correction is minutes; before February 2024 (a record with `c_id` alone) it was
-- seconds, and is left out. An end is one only of a completed call: of a running one it is when it will be cut
-- off. Answers to a call's questions come alone and later: when they were made is not when the call was.
with
fields as (select * from given_calls),

final as (
  select
    * exclude (state, queue_state, answered_by, completed, current_id, corrected_seconds, answers) replace (
      case when answers is null then created_at end as created_at,
      case
        when answered_by = 'voicemail' and (
          status_key(state) = 'completed'
          or (state is null and (completed = 'true' or queue_state in ('complete', 'completed', 'complete_error')))
        ) then 'voicemail'
        when answered_by = 'no-answer' then 'no_answer'
        when state is not null then null
        when queue_state in ('pre_queue_error', 'queue_error', 'call_error') then 'failed'
        when completed = 'true' or queue_state in ('complete', 'completed', 'complete_error') then 'completed'
        when queue_state in ('new', 'queued', 'allocated') then 'queued'
        when queue_state = 'started' then 'in_progress'
      end as status_meant,
      case when current_id is not null or corrected_seconds is not null then duration_seconds end as duration_seconds,
      'USD' as currency,
      case when completed = 'true' then ended_at end as ended_at,
      case
        when answers is not null and created_at is not null then extra_with(extra, 'created_at', created_at)
        when completed is distinct from 'true' and ended_at is not null then extra_with(extra, 'end_at', ended_at)
        else extra
      end as extra,
      case direction when 'true' then 'inbound' when 'false' then 'outbound' else direction end as direction
    )
  from fields
)

select * from final

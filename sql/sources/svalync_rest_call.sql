-- what: Calls as the REST list and specific-call endpoints publish them (camel case, one string of transcript).
-- grain: one row per raw record
-- inputs: call_fields
-- outputs:
--   the same columns as sources/svalync_call; what this format never carries is NULL
-- note: call_fields as there, those of irregular records from sources/svalync_rest_call_fields.
-- identity: call_id, id
-- transcript: transcripts, transcript
-- regular: {
--   "id": "text?", "call_id": "scalar", "batch_id": "scalar", "status": "scalar", "callDuration": "scalar",
--   "duration": "scalar", "cost": "scalar", "currency": "scalar", "createdAt": "scalar", "updatedAt": "scalar",
--   "startedAt": "scalar", "endedAt": "scalar", "callType": "scalar", "direction": "scalar",
--   "phone_number": "scalar", "from_phone_number": "scalar", "to_phone_number": "scalar", "agentId": "scalar",
--   "agent": {"id": "scalar", "name": "scalar"}, "endedBy": "scalar", "summary": "scalar",
--   "recordingUrl": "scalar", "recording_url": "scalar", "isTestMode": "scalar", "tokens_consumed": "scalar",
--   "userId": "scalar", "pathways": "scalar", "success": "scalar", "outcome": "scalar",
--   "transcripts": "text?", "transcript": "text?"
-- }
with
fields as (select * from call_fields),

final as (
  select
    export_no, document, record, line, envelope_batch_id, envelope_exported_at,
    coalesce(text_of(call_id), text_of(id)) as call_id,
    text_of(batch_id) as batch_id,
    text_of(status) as status,
    coalesce(text_of("callDuration"), text_of(duration)) as duration_seconds,
    text_of(cost) as cost,
    text_of(currency) as currency,
    text_of("createdAt") as created_at,
    text_of("updatedAt") as updated_at,
    text_of("startedAt") as started_at,
    text_of("endedAt") as ended_at,
    coalesce(text_of(direction), text_of("callType")) as direction,
    text_of(phone_number) as phone_number,
    text_of(from_phone_number) as from_number,
    text_of(to_phone_number) as to_number,
    coalesce(text_of("agentId"), text_of("agent.id")) as agent_id,
    text_of("agent.name") as agent_name,
    null::varchar as sentiment_positive,
    null::varchar as sentiment_neutral,
    null::varchar as sentiment_negative,
    null::varchar as sentiment_label,
    null::varchar as engagement,
    null::varchar as talk_ratio_ai,
    null::varchar as talk_ratio_human,
    null::varchar as response_time_seconds,
    null::varchar as interruptions,
    null::varchar as voice_pace,
    null::varchar as voice_volume,
    null::varchar as voice_clarity,
    text_of(success) as success,
    text_of(outcome) as outcome_label,
    text_of("endedBy") as ended_by,
    text_of(summary) as summary,
    coalesce(text_of("recordingUrl"), text_of(recording_url)) as recording_url,
    text_of("isTestMode") as is_test,
    text_of(tokens_consumed) as tokens_consumed,
    text_of("userId") as user_id,
    text_of(pathways) as pathway_id,
    transcript_digest,
    transcript,
    -- The platform's own record number, where the call has an id of its own beside it.
    coalesce(extra, case when id <> text_of(call_id) then [{path: 'id', value: to_json(id)}] end) as extra,
    misplaced
  from fields
)

select * from final

-- what: Calls as the REST list and specific-call endpoints publish them (camel case, one string of transcript).
-- grain: one row per raw record
-- inputs: raw_records
-- outputs:
--   the same columns as sources/svalync_call; what this format never carries is NULL
-- identity: call_id, id
-- transcript: transcripts, transcript
-- regular: {
--   "id": "any", "call_id": "any", "batch_id": "any", "status": "any", "callDuration": "any", "duration": "any",
--   "cost": "any", "currency": "any", "createdAt": "any", "updatedAt": "any", "startedAt": "any", "endedAt": "any",
--   "callType": "any", "direction": "any", "phone_number": "any", "from_phone_number": "any",
--   "to_phone_number": "any", "agentId": "any", "agent": {"id": "any", "name": "any"}, "endedBy": "any",
--   "summary": "any", "recordingUrl": "any", "recording_url": "any", "isTestMode": "any", "tokens_consumed": "any",
--   "userId": "any", "pathways": "any", "success": "any", "outcome": "any", "transcripts": "any", "transcript": "any"
-- }
with
records as (select * from raw_records),

outer_fields as (
  select
    * exclude (raw),
    raw,
    shaped(raw, '{
      "id": "VARCHAR", "call_id": "VARCHAR", "batch_id": "VARCHAR", "status": "VARCHAR",
      "callDuration": "VARCHAR", "duration": "VARCHAR", "cost": "VARCHAR", "currency": "VARCHAR",
      "createdAt": "VARCHAR", "updatedAt": "VARCHAR", "startedAt": "VARCHAR", "endedAt": "VARCHAR",
      "callType": "VARCHAR", "direction": "VARCHAR", "phone_number": "VARCHAR",
      "from_phone_number": "VARCHAR", "to_phone_number": "VARCHAR",
      "agentId": "VARCHAR", "agent": "JSON", "endedBy": "VARCHAR", "summary": "VARCHAR",
      "recordingUrl": "VARCHAR", "recording_url": "VARCHAR", "isTestMode": "VARCHAR",
      "tokens_consumed": "VARCHAR", "userId": "VARCHAR", "pathways": "VARCHAR",
      "success": "VARCHAR", "outcome": "VARCHAR", "transcripts": "JSON", "transcript": "JSON"
    }', is_regular) as call
  from records
),

inner_fields as (
  select *, shaped(call.fields.agent, '{"id": "VARCHAR", "name": "VARCHAR"}', is_regular) as agent
  from outer_fields
),

final as (
  select
    export_no, document, record, line, envelope_batch_id, envelope_exported_at,
    text_of(coalesce(call.fields.call_id, call.fields.id)) as call_id,
    text_of(call.fields.batch_id) as batch_id,
    text_of(call.fields.status) as status,
    text_of(coalesce(call.fields.callDuration, call.fields.duration)) as duration_seconds,
    text_of(call.fields.cost) as cost,
    text_of(call.fields.currency) as currency,
    text_of(call.fields.createdAt) as created_at,
    text_of(call.fields.updatedAt) as updated_at,
    text_of(call.fields.startedAt) as started_at,
    text_of(call.fields.endedAt) as ended_at,
    text_of(coalesce(call.fields.direction, call.fields.callType)) as direction,
    text_of(call.fields.phone_number) as phone_number,
    text_of(call.fields.from_phone_number) as from_number,
    text_of(call.fields.to_phone_number) as to_number,
    text_of(coalesce(call.fields.agentId, agent.fields.id)) as agent_id,
    text_of(agent.fields.name) as agent_name,
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
    text_of(call.fields.success) as success,
    text_of(call.fields.outcome) as outcome_label,
    text_of(call.fields.endedBy) as ended_by,
    text_of(call.fields.summary) as summary,
    text_of(coalesce(call.fields.recordingUrl, call.fields.recording_url)) as recording_url,
    text_of(call.fields.isTestMode) as is_test,
    text_of(call.fields.tokens_consumed) as tokens_consumed,
    text_of(call.fields.userId) as user_id,
    text_of(call.fields.pathways) as pathway_id,
    transcript_digest,
    coalesce(call.fields.transcripts, call.fields.transcript) as transcript,
    list_concat(
      entries_of(raw, call, ''),
      -- The platform's own record number, where the call has an id of its own beside it.
      case when call.fields.id <> call.fields.call_id then picked_entries(raw, ['id'], '') end,
      entries_of(call.fields.agent, agent, 'agent.')
    ) as extra,
    list_filter(
      [{field: 'agent', raw: call.fields.agent}],
      lambda part: json_type(part.raw) not in ('OBJECT', 'NULL')
    ) as misplaced
  from inner_fields
)

select * from final

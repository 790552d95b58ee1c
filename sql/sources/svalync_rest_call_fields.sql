-- what: The scalars of irregular calls in the REST endpoints' shape, and whatever else they hold.
-- grain: one row per raw record
-- inputs: raw_records
-- outputs:
--   the record's place and envelope, transcript_digest, the columns that sources/svalync_rest_call reads: scalars as
--   text under their paths (NULL where absent), `transcript` as JSON, `extra` as entries (path, value), `misplaced` as entries
--   (field, raw) that had to be objects
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
    }') as call
  from records
),

inner_fields as (
  select *, shaped(call.fields.agent, '{"id": "VARCHAR", "name": "VARCHAR"}') as agent
  from outer_fields
),

taken as (
  select
    export_no, document, record, line, envelope_batch_id, envelope_exported_at, transcript_digest,
    unnest(struct_extract(call, 'fields')),
    agent.fields.id as "agent.id",
    agent.fields.name as "agent.name",
    list_concat(
      entries_of(raw, call, ''),
      case when call.fields.id <> text_of(call.fields.call_id) then picked_entries(raw, ['id'], '') end,
      entries_of(call.fields.agent, agent, 'agent.')
    ) as extra,
    list_filter(
      [{field: 'agent', raw: call.fields.agent}],
      lambda part: json_type(part.raw) not in ('OBJECT', 'NULL')
    ) as misplaced
  from inner_fields
),

final as (
  select * replace (coalesce(nullif(transcripts::varchar, '""')::json, transcript) as transcript)
  from taken
)

select * from final

-- what: Each call as parts of a JSON object, in the key order of the documented call; unknown values are left out.
-- grain: one row per call
-- inputs: selected_calls
-- outputs:
--   source: the platform
--   call_id: the call's id
--   call_time: what calls are ordered by, before call_id
--   facts: id to the platform's account; seconds are numbers, cost is text, times are UTC
--   analytics: what the platform measured; null where it measured nothing
--   recording: recording_url; null where there is none
--   provenance: source, batch, last observation
--   extra: the fields no column holds, a JSON object; null where there are none
with
calls as (select * from selected_calls),

members as (
  select
    source,
    call_id,
    call_time,
    concat(
      '"id":', to_json(call_id),
      ',"status":', to_json(status),
      ',"duration":' || case
        when duration_seconds % 1 = 0 and duration_seconds < 1e15
        then round_even(duration_seconds, 0)::bigint::varchar
        else duration_seconds::varchar
      end,
      ',"cost":"' || case
        when cost = round(cost, 2) then cost::decimal(18, 2)::varchar
        else rtrim(cost::varchar, '0')
      end || '"',
      ',"start_time":"' || replace((started_at at time zone 'UTC')::varchar, ' ', 'T') || 'Z"',
      ',"end_time":"' || replace((ended_at at time zone 'UTC')::varchar, ' ', 'T') || 'Z"',
      ',"phone_number":' || to_json(if(direction = 'inbound', from_number, to_number)),
      ',"direction":' || to_json(direction),
      ',"currency":' || to_json(currency),
      ',"created_at":"' || replace((created_at at time zone 'UTC')::varchar, ' ', 'T') || 'Z"',
      ',"from_number":' || to_json(from_number),
      ',"to_number":' || to_json(to_number),
      ',"agent_id":' || to_json(agent_id),
      ',"agent_name":' || to_json(agent_name),
      ',"ended_by":' || to_json(ended_by),
      ',"summary":' || to_json(summary),
      ',"is_test":' || is_test,
      ',"tokens_consumed":' || tokens_consumed,
      ',"user_id":' || to_json(user_id),
      ',"pathway_id":' || to_json(pathway_id)
    ) as facts,
    concat(
      ',"sentiment":{' || nullif(concat_ws(',',
        '"positive":' || sentiment_positive,
        '"neutral":' || sentiment_neutral,
        '"negative":' || sentiment_negative,
        '"overall":' || to_json(sentiment_label)
      ), '') || '}',
      ',"engagement":' || engagement,
      ',"talk_ratio":{' || nullif(concat_ws(',',
        '"ai":' || talk_ratio_ai,
        '"human":' || talk_ratio_human
      ), '') || '}',
      ',"engagement_metrics":{' || nullif(concat_ws(',',
        '"response_time":' || response_time_seconds,
        '"interruptions":' || interruptions
      ), '') || '}',
      ',"voice_metrics":{' || nullif(concat_ws(',',
        '"pace":' || voice_pace,
        '"volume":' || voice_volume,
        '"clarity":' || voice_clarity
      ), '') || '}',
      ',"outcome":' || to_json(outcome_label),
      ',"success":' || success
    ) as analytics,
    '"recording_url":' || to_json(recording_url) as recording,
    concat(
      '"source":', to_json(source),
      ',"batch_id":' || to_json(batch_id),
      ',"outcome":', to_json(outcome),
      ',"status_reported":' || to_json(status_reported),
      ',"observed_at":"', replace((observed_at at time zone 'UTC')::varchar, ' ', 'T'), 'Z"'
    ) as provenance,
    extra
  from calls
),

final as (
  select
    source,
    call_id,
    call_time,
    facts,
    if(analytics = '', null, '{' || substr(analytics, 2) || '}') as analytics,
    recording,
    provenance,
    extra
  from members
)

select * from final

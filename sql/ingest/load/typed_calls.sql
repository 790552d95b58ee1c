-- what: The fields of calls read as their types, each with the faults found in it.
-- grain: one row per raw record
-- inputs: canonical_calls, read_exports
-- outputs:
--   the merged columns of `calls` but segment_count (NULL where absent or unreadable), `transcript` (one that is a single
--   text), `identity` (the id), `faults` (a list of field, code, raw), and the record's place
-- fields: call_id, batch_id, status, status_meant, duration_seconds, cost, currency, created_at, updated_at,
--   exported_at, started_at, ended_at, direction, phone_number, from_number, to_number, agent_id, agent_name,
--   sentiment_positive, sentiment_neutral, sentiment_negative, sentiment_label, engagement, talk_ratio_ai,
--   talk_ratio_human, response_time_seconds, interruptions, voice_pace, voice_volume, voice_clarity, success,
--   outcome_label, ended_by, summary, recording_url, is_test, tokens_consumed, user_id, pathway_id
with
canonical as (select * from canonical_calls),

exports as (
  select export_no, source as named_source, is_source_named, observed_at, named_batch_id from read_exports
),

timed as (
  select
    *,
    time_of(created_at) as created,
    time_of(updated_at) as updated,
    time_of(started_at) as started,
    time_of(ended_at) as ended,
    time_of(envelope_exported_at) as enveloped,
    lower(direction) as way,
    number_between(sentiment_positive, 0, 1) as positive,
    number_between(sentiment_neutral, 0, 1) as neutral,
    number_between(sentiment_negative, 0, 1) as negative
  from canonical
),

typed as (
  select
    canonical.export_no,
    canonical.document,
    canonical.record,
    canonical.line,
    canonical.envelope_batch_id,
    canonical.platform,
    time_of(canonical.exported_at) as own_exported_at,
    enveloped as exported_at,
    case
      when canonical.envelope_exported_at is distinct from canonical.exported_at and enveloped is null
      then canonical.envelope_exported_at
    end as unread_exported_at,
    canonical.call_id,
    canonical.batch_id,
    canonical.status as status_reported,
    canonical.status_meant,
    number_between(duration_seconds, 0, 1e9) as duration_seconds,
    money_of(cost) as cost,
    case when regexp_full_match(currency, '[A-Za-z]{3}') then upper(currency) end as currency,
    created as created_at,
    started as started_at,
    case when ended >= started or started is null then ended end as ended_at_reported,
    case when way in ('inbound', 'outbound', 'web') then way end as direction,
    coalesce(from_number, case when way = 'inbound' then phone_number end) as from_number,
    coalesce(to_number, case when way is distinct from 'inbound' then phone_number end) as to_number,
    agent_id,
    agent_name,
    case
      when sentiment_positive is null and coalesce(neutral, negative) is not null then 0
      else positive
    end as sentiment_positive,
    case
      when sentiment_neutral is null and coalesce(positive, negative) is not null then 0
      else neutral
    end as sentiment_neutral,
    case
      when sentiment_negative is null and coalesce(positive, neutral) is not null then 0
      else negative
    end as sentiment_negative,
    sentiment_label,
    number_between(engagement, 0, 1) as engagement,
    number_between(talk_ratio_ai, 0, 1) as talk_ratio_ai,
    number_between(talk_ratio_human, 0, 1) as talk_ratio_human,
    number_between(response_time_seconds, 0, 1e9) as response_time_seconds,
    count_of(interruptions) as interruptions,
    number_of(voice_pace) as voice_pace,
    number_of(voice_volume) as voice_volume,
    number_of(voice_clarity) as voice_clarity,
    flag_of(success) as success,
    outcome_label,
    ended_by,
    summary,
    recording_url,
    flag_of(is_test) as is_test,
    count_of(tokens_consumed) as tokens_consumed,
    user_id,
    pathway_id,
    transcript_digest,
    -- A number that gives way to the side's own is kept.
    case
      when phone_number <> if(way = 'inbound', from_number, to_number)
      then extra_with(extra, 'phone_number', phone_number)
      else json(extra)::varchar
    end as extra,
    transcript,
    updated as updated_at,
    canonical as given
  from timed as canonical
),

faulty as (
  select
    typed.*,
    fault(
      'duration_seconds', 'not_a_duration', given.duration_seconds, typed.duration_seconds
    ) as fault_duration_seconds,
    fault('cost', 'not_an_amount', given.cost, typed.cost) as fault_cost,
    fault('currency', 'not_a_currency', given.currency, typed.currency) as fault_currency,
    fault('created_at', 'not_a_time', given.created_at, typed.created_at) as fault_created_at,
    fault('updated_at', 'not_a_time', given.updated_at, typed.updated_at) as fault_updated_at,
    fault('started_at', 'not_a_time', given.started_at, typed.started_at) as fault_started_at,
    fault(
      'ended_at', if(given.ended is null, 'not_a_time', 'end_before_start'),
      given.ended_at, typed.ended_at_reported
    ) as fault_ended_at,
    fault('direction', 'not_a_direction', given.direction, typed.direction) as fault_direction,
    fault(
      'sentiment_positive', 'not_a_share', given.sentiment_positive, typed.sentiment_positive
    ) as fault_sentiment_positive,
    fault(
      'sentiment_neutral', 'not_a_share', given.sentiment_neutral, typed.sentiment_neutral
    ) as fault_sentiment_neutral,
    fault(
      'sentiment_negative', 'not_a_share', given.sentiment_negative, typed.sentiment_negative
    ) as fault_sentiment_negative,
    fault('engagement', 'not_a_share', given.engagement, typed.engagement) as fault_engagement,
    fault('talk_ratio_ai', 'not_a_share', given.talk_ratio_ai, typed.talk_ratio_ai) as fault_talk_ratio_ai,
    fault(
      'talk_ratio_human', 'not_a_share', given.talk_ratio_human, typed.talk_ratio_human
    ) as fault_talk_ratio_human,
    fault(
      'response_time_seconds', 'not_a_duration', given.response_time_seconds, typed.response_time_seconds
    ) as fault_response_time_seconds,
    fault('interruptions', 'not_a_count', given.interruptions, typed.interruptions) as fault_interruptions,
    fault('voice_pace', 'not_a_number', given.voice_pace, typed.voice_pace) as fault_voice_pace,
    fault('voice_volume', 'not_a_number', given.voice_volume, typed.voice_volume) as fault_voice_volume,
    fault('voice_clarity', 'not_a_number', given.voice_clarity, typed.voice_clarity) as fault_voice_clarity,
    fault('success', 'not_a_flag', given.success, typed.success) as fault_success,
    fault('is_test', 'not_a_flag', given.is_test, typed.is_test) as fault_is_test,
    fault('tokens_consumed', 'not_a_count', given.tokens_consumed, typed.tokens_consumed) as fault_tokens_consumed,
    fault(
      'exported_at', 'not_a_time', given.exported_at, typed.own_exported_at
    ) as fault_exported_at
  from typed
),

noticed as (select *, coalesce(*columns('^fault_')) as any_fault from faulty),

final as (
  select
    columns(lambda name: not starts_with(name, 'fault_')),
    call_id as identity,
    exports.observed_at as read_at,
    if(is_source_named or platform is null, named_source, platform) as source,
    -- A list of every field's fault costs much, and few records need one.
    case
      when any_fault is not null
      then list_filter(
        [
          fault_duration_seconds, fault_cost, fault_currency,
          fault_created_at, fault_updated_at, fault_exported_at, fault_started_at, fault_ended_at,
          fault_direction, fault_sentiment_positive, fault_sentiment_neutral,
          fault_sentiment_negative, fault_engagement, fault_talk_ratio_ai,
          fault_talk_ratio_human, fault_response_time_seconds, fault_interruptions,
          fault_voice_pace, fault_voice_volume, fault_voice_clarity, fault_success,
          fault_is_test, fault_tokens_consumed
        ],
        lambda found: found is not null
      )
    end as faults
  from noticed
  inner join exports using (export_no)
)

select * exclude (observed_at, named_source, is_source_named, any_fault, given, platform) from final

-- what: The fields of batches read as their types, each with the faults found in it.
-- grain: one row per raw record
-- inputs: canonical_batches, read_exports
-- outputs:
--   the merged columns of `batches` (NULL where absent or unreadable), `identity` (the id), `faults` (a list of field,
--   code, raw), and the record's place
-- fields: batch_id, status, created_at, completed_at, updated_at, exported_at, reported_total_calls, reported_completed,
--   reported_failed, reported_in_progress, reported_average_duration_seconds, reported_total_cost,
--   reported_success_rate, reported_sentiment_positive, reported_sentiment_neutral, reported_sentiment_negative,
--   reported_common_responses
with
canonical as (select * from canonical_batches),

exports as (select export_no, source as named_source, is_source_named, observed_at from read_exports),

timed as (
  select
    *,
    time_of(created_at) as created,
    time_of(completed_at) as completed,
    time_of(envelope_exported_at) as enveloped
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
    canonical.batch_id,
    canonical.status as status_reported,
    created as created_at,
    case when completed >= created or created is null then completed end as completed_at_reported,
    count_of(reported_total_calls) as reported_total_calls,
    count_of(reported_completed) as reported_completed,
    count_of(reported_failed) as reported_failed,
    count_of(reported_in_progress) as reported_in_progress,
    number_between(reported_average_duration_seconds, 0, 1e9) as reported_average_duration_seconds,
    money_of(reported_total_cost) as reported_total_cost,
    number_between(reported_success_rate, 0, 1) as reported_success_rate,
    number_between(reported_sentiment_positive, 0, 1) as reported_sentiment_positive,
    number_between(reported_sentiment_neutral, 0, 1) as reported_sentiment_neutral,
    number_between(reported_sentiment_negative, 0, 1) as reported_sentiment_negative,
    case when json_type(reported_common_responses::json) = 'ARRAY' then json(reported_common_responses)::varchar end
      as reported_common_responses,
    json(extra)::varchar as extra,
    time_of(updated_at) as updated_at,
    time_of(canonical.exported_at) as own_exported_at,
    enveloped as exported_at,
    case
      when canonical.envelope_exported_at is distinct from canonical.exported_at and enveloped is null
      then canonical.envelope_exported_at
    end as unread_exported_at,
    canonical as given
  from timed as canonical
),

faulty as (
  select
    typed.*,
    fault('created_at', 'not_a_time', given.created_at, typed.created_at) as fault_created_at,
    fault('updated_at', 'not_a_time', given.updated_at, typed.updated_at) as fault_updated_at,
    fault(
      'completed_at', if(given.completed is null, 'not_a_time', 'end_before_start'),
      given.completed_at, typed.completed_at_reported
    ) as fault_completed_at,
    fault(
      'reported_total_calls', 'not_a_count', given.reported_total_calls, typed.reported_total_calls
    ) as fault_reported_total_calls,
    fault(
      'reported_completed', 'not_a_count', given.reported_completed, typed.reported_completed
    ) as fault_reported_completed,
    fault('reported_failed', 'not_a_count', given.reported_failed, typed.reported_failed) as fault_reported_failed,
    fault(
      'reported_in_progress', 'not_a_count', given.reported_in_progress, typed.reported_in_progress
    ) as fault_reported_in_progress,
    fault(
      'reported_average_duration_seconds', 'not_a_duration',
      given.reported_average_duration_seconds, typed.reported_average_duration_seconds
    ) as fault_reported_average_duration_seconds,
    fault(
      'reported_total_cost', 'not_an_amount', given.reported_total_cost, typed.reported_total_cost
    ) as fault_reported_total_cost,
    fault(
      'reported_success_rate', 'not_a_share', given.reported_success_rate, typed.reported_success_rate
    ) as fault_reported_success_rate,
    fault(
      'reported_sentiment_positive', 'not_a_share',
      given.reported_sentiment_positive, typed.reported_sentiment_positive
    ) as fault_reported_sentiment_positive,
    fault(
      'reported_sentiment_neutral', 'not_a_share',
      given.reported_sentiment_neutral, typed.reported_sentiment_neutral
    ) as fault_reported_sentiment_neutral,
    fault(
      'reported_sentiment_negative', 'not_a_share',
      given.reported_sentiment_negative, typed.reported_sentiment_negative
    ) as fault_reported_sentiment_negative,
    case when json_type(given.reported_common_responses::json) <> 'ARRAY'
      then {
        field: 'reported_common_responses', code: 'not_a_list', raw: given.reported_common_responses::varchar
      }
    end as fault_reported_common_responses,
    fault('exported_at', 'not_a_time', given.exported_at, typed.own_exported_at) as fault_exported_at
  from typed
),

noticed as (select *, coalesce(*columns('^fault_')) as any_fault from faulty),

final as (
  select
    columns(lambda name: not starts_with(name, 'fault_')),
    batch_id as identity,
    exports.observed_at as read_at,
    if(is_source_named or platform is null, named_source, platform) as source,
    -- A list of every field's fault costs much, and few records need one.
    case
      when any_fault is not null
      then list_filter(
        [
          fault_created_at, fault_updated_at, fault_exported_at, fault_completed_at, fault_reported_total_calls,
          fault_reported_completed, fault_reported_failed, fault_reported_in_progress,
          fault_reported_average_duration_seconds, fault_reported_total_cost,
          fault_reported_success_rate, fault_reported_sentiment_positive,
          fault_reported_sentiment_neutral, fault_reported_sentiment_negative,
          fault_reported_common_responses
        ],
        lambda found: found is not null
      )
    end as faults
  from noticed
  inner join exports using (export_no)
)

select * exclude (observed_at, named_source, is_source_named, any_fault, given, platform) from final

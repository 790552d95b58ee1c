-- what: Twilio's calls, single and listed.
-- grain: one row per raw record
-- inputs: given_calls
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_calls reads, as text (NULL where absent)
-- records:
--   sid=CA*, and one of account_sid, price_unit, subresource_uris
-- fields:
--   call_id: sid
--   status: status
--   answered_by: answered_by (kept)
--   duration_seconds: duration
--   cost: price (charged below zero)
--   currency: price_unit
--   created_at: date_created (RFC 2822)
--   updated_at: date_updated (RFC 2822)
--   started_at: start_time (RFC 2822)
--   ended_at: end_time (RFC 2822)
--   direction: direction
--   from_number: from
--   to_number: to
-- note: A price is below 0 where it was charged; one above 0 is a credit. Calls have neither agent nor batch
-- nor transcript.
with
fields as (select * from given_calls),

final as (
  select
    * exclude (answered_by) replace (
      case when status_key(status) = 'completed' and starts_with(answered_by, 'machine_') then 'voicemail' end
        as status_meant,
      case
        when direction = 'trunking-originating' then 'inbound'
        when starts_with(direction, 'outbound-') or direction = 'trunking-terminating' then 'outbound'
        else direction
      end as direction,
      case when direction like '%-%' then extra_with(extra, 'direction', direction) else extra end as extra
    )
  from fields
)

select * from final

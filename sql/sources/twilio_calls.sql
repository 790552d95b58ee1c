-- what: Twilio's calls: single, listed, as its library for Node.js spells them, and by callback.
-- grain: one row per raw record
-- inputs: given_calls
-- outputs:
--   the record's place and envelope, and the fields that ingest/load/typed_calls reads, as text (NULL where absent)
-- records:
--   sid=CA*, and one of account_sid, price_unit, subresource_uris, accountSid
--   CallSid=CA*, CallStatus
-- fields:
--   call_id: sid, CallSid
--   status: status, CallStatus
--   answered_by: answered_by (kept), answeredBy (kept), AnsweredBy (kept)
--   duration_seconds: duration, CallDuration
--   cost: price (charged below zero)
--   currency: price_unit, priceUnit
--   created_at: date_created (RFC 2822), dateCreated (RFC 2822)
--   updated_at: date_updated (RFC 2822), dateUpdated (RFC 2822), Timestamp (RFC 2822)
--   started_at: start_time (RFC 2822), startTime (RFC 2822)
--   ended_at: end_time (RFC 2822), endTime (RFC 2822)
--   direction: direction, Direction
--   from_number: from, From
--   to_number: to, To
--   recording_url: RecordingUrl
-- note: A price is below 0 where it was charged; one above 0 is a credit. Calls have neither agent nor batch
-- nor transcript. A callback's `Duration` is billed minutes, and stays in `extra`; it names no start.
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

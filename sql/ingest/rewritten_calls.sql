-- what: Calls whose utterances must be written: their transcript is another than before, or their batch is.
-- grain: one row per call
-- inputs: merged_calls, held_calls
-- outputs:
--   source, call_id, batch_id, transcript_digest as they will be; held_batch_id, held_digest as they are (NULL
--   where the lake holds no transcript of the call)
with
merged as (select * from merged_calls),

held as (select * from held_calls),

final as (
  select
    merged.source, merged.call_id, merged.batch_id, merged.transcript_digest,
    held.batch_id as held_batch_id, held.transcript_digest as held_digest
  from merged
  left join held using (source, call_id)
  where merged.transcript_digest is not null
    and (
      merged.transcript_digest is distinct from held.transcript_digest
      or merged.batch_id is distinct from held.batch_id
    )
)

select * from final

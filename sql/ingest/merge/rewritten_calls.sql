-- what: Calls whose utterances must be written: their transcript is another than before, or was read otherwise, or their
--       batch is another.
-- grain: one row per call
-- inputs: merged_calls, held_calls
-- outputs:
--   source, call_id, batch_id, transcript_digest and the facts of the transcript as they will be; held_batch_id,
--   held_digest as they are (NULL where the lake holds no transcript of the call)
with
merged as (select * from merged_calls),

held as (select * from held_calls),

final as (
  select
    merged.source, merged.call_id, merged.batch_id, merged.transcript_digest,
    merged.turns, merged.human_turns, merged.human_words, merged.words, merged.measured_response_seconds,
    held.batch_id as held_batch_id, held.transcript_digest as held_digest
  from merged
  left join held using (source, call_id)
  where merged.transcript_digest is not null
    and (
      merged.transcript_digest is distinct from held.transcript_digest
      -- The same text, read by another batchlake: what is told of the call is to be what its utterances say.
      or merged.turns is distinct from held.turns
      or merged.human_turns is distinct from held.human_turns
      or merged.human_words is distinct from held.human_words
      or merged.words is distinct from held.words
      or merged.measured_response_seconds is distinct from held.measured_response_seconds
      or merged.batch_id is distinct from held.batch_id
    )
)

select * from final

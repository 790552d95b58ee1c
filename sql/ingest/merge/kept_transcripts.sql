-- what: For each call whose utterances must be written, which of this run's files has them; none where the lake has.
-- grain: one row per call
-- inputs: rewritten_calls, observed_calls
-- outputs:
--   source, call_id, batch_id as it will be, transcript_file, is_in_place (they were written with that batch, and the
--   lake holds no other transcript of the call)
with
rewritten as (select * from rewritten_calls),

observed as (select * from observed_calls where transcript_file is not null),

-- A text that another batchlake read otherwise is another transcript.
alike as (
  select
    rewritten.source, rewritten.call_id, rewritten.batch_id, rewritten.held_digest,
    observed.transcript_file, observed.transcript_batch_id
  from rewritten
  inner join observed using (source, call_id, transcript_digest)
  where rewritten.turns is not distinct from observed.turns
    and rewritten.human_turns is not distinct from observed.human_turns
    and rewritten.human_words is not distinct from observed.human_words
    and rewritten.words is not distinct from observed.words
    and rewritten.measured_response_seconds is not distinct from observed.measured_response_seconds
),

final as (
  select
    source, call_id, batch_id,
    min(transcript_file) as transcript_file,
    arg_min(transcript_batch_id is not distinct from batch_id, transcript_file) and any_value(held_digest) is null
      as is_in_place
  from alike
  group by source, call_id, batch_id
)

select * from final

-- what: For each call whose utterances must be written, which of this run's files has them; none where the lake has.
-- grain: one row per call
-- inputs: rewritten_calls, observed_calls
-- outputs:
--   source, call_id, batch_id as it will be, transcript_file, is_in_place (they were written with that batch, and the
--   lake holds no other transcript of the call)
with
rewritten as (select * from rewritten_calls),

observed as (select * from observed_calls where transcript_file is not null),

final as (
  select
    rewritten.source, rewritten.call_id, rewritten.batch_id,
    min(observed.transcript_file) as transcript_file,
    arg_min(observed.transcript_batch_id is not distinct from rewritten.batch_id, observed.transcript_file)
      and any_value(rewritten.held_digest) is null as is_in_place
  from rewritten
  inner join observed using (source, call_id, transcript_digest)
  group by all
)

select * from final

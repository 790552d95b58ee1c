-- what: Where the lake holds transcripts that this run replaces or moves.
-- grain: one row per call
-- inputs: rewritten_calls
-- outputs:
--   source, call_id, the call; batch_id, the batch in which its utterances lie now
with
rewritten as (select * from rewritten_calls),

final as (
  select source, held_batch_id as batch_id, call_id
  from rewritten
  where held_digest is not null
)

select * from final

-- what: The utterances of the calls to be rewritten: from this run's exports where the transcript is theirs, else
--       as the lake holds them, in the batch that the call is in now.
-- grain: one row per utterance
-- inputs: rewritten_calls, observed_calls, segments
-- outputs:
--   the columns of `segments`; text_key is NULL where it has yet to be made
with
rewritten as (select * from rewritten_calls),

observed as (select * from observed_calls),

held as (select * from segments),

transcripts as (
  select rewritten.source, rewritten.call_id, rewritten.batch_id, any_value(observed.segments) as segments
  from rewritten
  inner join observed using (source, call_id, transcript_digest)
  group by all
),

numbered as (
  select
    source, call_id, batch_id, unnest(segments) as said, generate_subscripts(segments, 1) as position
  from transcripts
),

moved as (
  select held.* replace (rewritten.batch_id as batch_id)
  from held
  inner join rewritten using (source, call_id)
  anti join transcripts using (source, call_id)
),

final as (
  select
    source, call_id, batch_id, position, said.speaker, said.text, null::varchar as text_key, said.spoken_at,
    said.offset_seconds, said.confidence, said.extra
  from numbered
  union all by name
  select * from moved
)

select * from final

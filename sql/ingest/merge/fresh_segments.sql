-- what: The utterances to be written besides the added files: of the kept transcripts that are in no such file, and,
--       of calls that moved to another batch, as the lake holds them.
-- grain: one row per utterance
-- inputs: rewritten_calls, kept_transcripts, adopted_files, written_segments, segments
-- outputs:
--   the columns of `segments`, batch_id as it will be
with
rewritten as (select * from rewritten_calls),

kept as (select * from kept_transcripts),

adopted as (select * from adopted_files),

written as (select * from written_segments),

held as (select * from segments),

new as (
  select written.* exclude (transcript_file) replace (kept.batch_id as batch_id)
  from written
  inner join (select * from kept where transcript_file not in (select number from adopted)) as kept
    using (source, call_id, transcript_file)
),

moved as (
  select held.* replace (rewritten.batch_id as batch_id)
  from held
  inner join (select * from rewritten anti join kept using (source, call_id)) as rewritten using (source, call_id)
),

final as (select * from new union all by name select * from moved)

select * from final

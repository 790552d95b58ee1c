-- what: The calls read, with what is known of their transcripts.
-- grain: one row per raw record
-- inputs: typed_records, spoken_records
-- outputs:
--   the columns of typed_records but the transcript itself; segment_count (utterances, a count) and the facts of a
--   transcript (NULL where there is none), transcript_file (where they were written), transcript_batch_id (the batch that
--   they were written with)
with
typed as (select * from typed_records),

spoken as (select * from spoken_records),

final as (
  select
    typed.* exclude (transcript, transcript_digest), spoken.segment_count,
    spoken.turns, spoken.human_turns, spoken.human_words, spoken.words, spoken.measured_response_seconds,
    case when spoken.segment_count > 0 then typed.transcript_digest end as transcript_digest,
    spoken.transcript_file, spoken.batch_id as transcript_batch_id
  from typed
  left join spoken using (export_no, record)
)

select * from final

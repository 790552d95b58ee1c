-- what: The call records whose transcript holds an utterance that can be used.
-- grain: one row per raw record
-- inputs: heard_transcripts
-- outputs:
--   export_no, record, call_id, batch_id (the call's own or its envelope's), segment_count (utterances, a count), the
--   facts of a transcript in `calls`, occurrence (1 for the first transcript of a call among these records, 2 for the
--   second ...), transcript_file (none yet)
with
heard as (select * from heard_transcripts),

final as (
  select
    *, row_number() over (partition by call_id order by export_no, record) as occurrence,
    null::bigint as transcript_file
  from heard
)

select * from final

-- what: This run's transcript files whose every transcript is kept as it was written.
-- grain: one row per file
-- inputs: kept_transcripts, transcript_files
-- outputs:
--   number, the file's number in this run
with
kept as (select * from kept_transcripts),

files as (select * from transcript_files),

final as (
  select files.number
  from files
  inner join kept on kept.transcript_file = files.number
  group by files.number, files.transcripts
  having count(*) = files.transcripts and bool_and(kept.is_in_place)
)

select * from final

-- what: Utterances with what their transcript decides about them: for a check, and for lakes that don't have it yet.
-- grain: one row per utterance
-- inputs: segments
-- outputs:
--   the columns of `segments`
-- note: `batchlake/ingest/load/transcript_facts.py` computes the same of transcripts as they are written.
with
final as (
  select
    * replace (
      speaker = 'human' and row_number() over (partition by source, call_id, speaker order by position) = 1
        as is_first_human,
      row_number() over (partition by source, call_id, speaker, text_key order by position) = 1 as is_first_with_key
    )
  from segments
)

select * from final

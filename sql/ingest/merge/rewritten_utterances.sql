-- what: How many utterances the transcripts have that this run writes.
-- grain: one row
-- inputs: merged_calls, rewritten_calls
-- outputs:
--   utterances (utterances): of all of them, 0 where it writes none
with
merged as (select * from merged_calls),

rewritten as (select * from rewritten_calls),

final as (
  select coalesce(sum(merged.segment_count), 0)::bigint as utterances
  from merged
  semi join rewritten using (source, call_id)
)

select * from final

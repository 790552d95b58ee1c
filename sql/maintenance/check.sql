-- what: Whether the tables of a lake agree with each other: each disagreement, counted.
-- grain: one row per rule; count is 0 where the rule holds
-- inputs: calls, segments, batches, exports, problems, status_names, call_facts, utterance_facts
-- outputs:
--   code: the rule, in one word
--   table_name: the table where it shows
--   message: what is wrong, in a sentence
--   count (rows): how many disagree
with
said as (
  select source, call_id, count(*) as utterances, min(position) as first, max(position) as last,
    any_value(batch_id) as batch_id
  from segments
  group by all
),

facts as (select * from call_facts),

marked as (select * from utterance_facts),

rules as (
  select 'orphan_segments' as code, 'segments' as table_name, 'calls that segments are of do not exist' as words,
    (select count(*) from said anti join calls using (source, call_id)) as count
  union all
  select 'segment_counts', 'calls', 'calls count other utterances than segments holds',
    (select count(*) from calls left join said using (source, call_id)
      where coalesce(calls.segment_count, 0) <> coalesce(said.utterances, 0))
  union all
  select 'segment_positions', 'segments', 'transcripts do not count from 1 to their length',
    (select count(*) from said where first <> 1 or last <> utterances)
  union all
  select 'segment_batches', 'segments', 'transcripts are filed under another batch than their call',
    (select count(*) from said inner join calls using (source, call_id)
      where said.batch_id is distinct from calls.batch_id)
  union all
  select 'call_facts', 'calls', 'calls tell otherwise of their transcripts than the utterances held',
    (select count(*) from calls left join facts using (source, call_id)
      -- Of an anonymised call the figures outlive the transcript.
      where (facts.call_id is not null or not starts_with(calls.call_id, 'erased_')) and (calls.turns is distinct from facts.turns
        or calls.human_turns is distinct from facts.human_turns
        or calls.human_words is distinct from facts.human_words
        or calls.words is distinct from facts.words
        or calls.measured_response_seconds is distinct from facts.measured_response_seconds))
  union all
  select 'utterance_facts', 'segments', 'utterances are wrongly marked as the first of their call, or of their text',
    (select count(*) from segments inner join marked using (source, call_id, position)
      where segments.is_first_human is distinct from marked.is_first_human
        or segments.is_first_with_key is distinct from marked.is_first_with_key)
  union all
  select 'orphan_calls', 'calls', 'calls name a batch that does not exist',
    (select count(*) from calls anti join batches using (source, batch_id) where calls.batch_id is not null)
  union all
  select 'outcomes', 'calls', 'calls have an outcome that does not go with their status',
    (select count(*) from calls anti join status_names using (status, outcome))
  union all
  select 'problem_counts', 'exports', 'exports have more problems than were found in them',
    (select count(*) from exports
      left join (select source, export_id, count(*) as found from problems group by all) held
        using (source, export_id)
      where coalesce(held.found, 0) > coalesce(exports.problems, 0))
),

final as (select code, table_name, count || ' ' || words as message, count from rules)

select * from final

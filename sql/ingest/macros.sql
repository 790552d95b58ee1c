-- what: Macros that the files of sql/sources and sql/ingest share: reading text as a type, and why it can't be read.
-- grain: none
-- inputs:
-- note: A field that is absent, null or blank text is NULL before it comes here, and text has no outer blanks. Text
-- that can't be read as the type is NULL; the caller distinguishes the two by the text.

-- One JSON object of the entries, sorted by path; NULL where there are none.
create or replace macro extra_object(entries) as case when len(entries) > 0 then
  '{' || array_to_string(
    list_transform(list_sort(entries), lambda entry: to_json(entry.path) || ':' || entry.value), ','
  ) || '}'
end;

-- The part of a reported status that counts, the key of `status_names`: `batchlake/text/statuses.py` has the same.
create or replace macro status_key(reported) as
  lower(regexp_replace(reported, '[-_\x09-\x0d\x1c-\x20\x{85}\pZ]+', '', 'g'));

-- What a platform's word for an end says of a call where no table of its has the word.
create or replace macro meaning_of_end(reason) as case
  when regexp_matches(lower(reason), 'error|fail|fault|not-found') then 'failed'
  when reason is not null then 'completed'
end;

-- A record's `extra` with one more field.
create or replace macro extra_with(extra, path, given) as
  json_merge_patch(coalesce(extra, '{}')::json, json_object(path::varchar, given))::varchar;

create or replace macro number_of(field) as case
  when isfinite(try_cast(field as double)) and not contains(field, '_') then try_cast(field as double)
end;

create or replace macro number_between(field, low, high) as case
  -- (Adding zero takes the sign off -0.)
  when number_of(field) between low and high then number_of(field) + 0.0
end;

create or replace macro count_of(field) as case
  when number_of(field) between 0 and 9e15 and number_of(field) = floor(number_of(field))
  then number_of(field)::bigint
end;

-- Money, to six decimals; a negative amount is a credit.
create or replace macro money_of(field) as case
  when number_of(field) is not null then try_cast(field as decimal(18, 6))
end;

create or replace macro flag_of(field) as case
  when lower(field) in ('true', 'yes', '1', '1.0') then true
  when lower(field) in ('false', 'no', '0', '0.0') then false
end;

-- A date, or a date and time as RFC 3339 has it (also with a blank for the T, without seconds, with an offset in hours
-- alone; without an offset it is taken as UTC), or a Unix time in seconds, milli- or microseconds from 2001 on (in seconds
-- from 1973 on): 20240101120000 is none. The engine's own cast takes more: offsets past a day, names of zones, seconds in
-- offsets. A leap second is the one after.
create or replace macro time_of(field) as case
  when field like '____-__-__T__:__:__Z' and field between '0002' and '9999' and not field like '___________24%'
    and not field like '%:60Z'
  then try_cast(field as timestamptz)
  -- (A macro within stands for its text, which DuckDB plans at each place: `number_of` would take it three times as long.)
  when try_cast(field as double) between 1e8 and 1e16 and not contains(field, '_')
  then make_timestamptz(case
    when try_cast(field as double) <= 1e10 then try_cast(field as double) * 1000000
    when try_cast(field as double) between 1e12 and 1e13 then try_cast(field as double) * 1000
    when try_cast(field as double) >= 1e15 then try_cast(field as double)
  end::bigint)
  when field between '0002' and '9999' and regexp_full_match(
    field,
    '\d{4}-\d\d-\d\d([Tt ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?( ?([Zz]|[+-]([01]\d|2[0-3])(:?[0-5]\d)?))?)?'
  )
  then try_cast(regexp_replace(upper(field), ' ([-+Z])', '\1') as timestamptz)
  when regexp_full_match(
    field, '\d{4}-\d\d-\d\d[Tt ]([01]\d|2[0-3]):59:60(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):?[0-5]\d)?'
  )
  then try_cast(upper(regexp_replace(field, ':60(\.\d+)?', ':59')) as timestamptz) + interval 1 second
end;

-- Hours, minutes and seconds as a transcript's stamp has them (1:02:03, 02:03.5), in seconds.
create or replace macro stamp_seconds(field) as case
  when regexp_full_match(field, '\d+(\.\d+)?s') then rtrim(field, 's')::double
  when regexp_full_match(field, '(\d{1,3}:)?[0-5]?\d:[0-5]\d([.,]\d{1,6})?')
  then list_reduce(
    list_transform(string_split(replace(field, ',', '.'), ':'), lambda part: part::double),
    lambda total, part: total * 60 + part
  )
end;

-- An utterance's place in the call, in seconds from its start.
create or replace macro offset_of(field) as case
  when field[5] is distinct from '-' then coalesce(number_between(field, 0, 1e8), stamp_seconds(field))
end;

-- A fault for the list of a record's faults where a text was given and no value could be read from it.
create or replace macro fault(name, problem, given, value) as case
  when given is not null and value is null
  then struct_pack(field := name, code := problem, raw := given::varchar)
end;

-- Why the text of a field is not read, and what would be, as the end of a sentence that begins with the text.
create or replace macro why_unread(code, raw) as case
  when code in ('not_an_amount', 'not_a_duration', 'not_a_share', 'not_a_number', 'not_a_count') then case
    when number_of(raw) is not null and code = 'not_a_share' then 'is not between 0 and 1'
    when number_of(raw) is not null and code = 'not_a_count' then 'is not a whole number from 0'
    when number_of(raw) is not null and code = 'not_a_duration' then 'is negative, or past the largest'
    when number_of(raw) is not null or regexp_full_match(raw, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?')
    then 'is past the largest'
    when regexp_matches(raw, '\p{Sc}') then 'has a currency sign'
    when regexp_full_match(raw, '[+-]?\d+,\d+') then 'has a decimal comma'
    when regexp_full_match(raw, '[+-]?\d{1,3}(([,''_ ]\d{3})+(\.\d+)?|(\.\d{3})+,\d+)')
    then 'has separators between thousands'
    when contains(raw, '%') then 'has a percent sign'
    when regexp_full_match(raw, '\d+(:\d+)+') then 'is a clock''s time'
    when regexp_full_match(raw, '[+-]?(\d+\.?\d*|\.\d+)\s*[\pL/]+') then 'has a unit'
    else 'is not a number'
  end
  when code = 'not_a_time' then case
    when regexp_full_match(raw, '\d{1,2}[/.]\d{1,2}[/.]\d{2,4}.*') then 'may have day and month in either order'
    when regexp_full_match(
      raw, '\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?([Zz]|[+-]\d\d(:?\d\d)?))?)?'
    )
    then 'is a date, time or offset that doesn''t exist'
    when regexp_matches(raw, '[A-Za-z]{3,}\)?$') then 'names a zone, or is a word'
    when raw like '____-__-__%' then 'is not written as RFC 3339 has it'
    else 'is not a time'
  end
  when code = 'end_before_start' then 'is before the start'
  else 'is ' || replace(code, '_', ' ')
end || case code
  when 'not_an_amount' then '; expected a number such as 0.50, its currency in a field of its own'
  when 'not_a_duration' then '; expected seconds, such as 125 or 12.5'
  when 'not_a_share' then '; expected a number from 0 to 1, such as 0.85'
  when 'not_a_number' then '; expected one such as 1.5'
  when 'not_a_count' then '; expected one such as 3'
  when 'not_a_time' then '; expected one such as 2024-01-31T12:00:00Z, or a Unix time'
  when 'not_a_direction' then '; expected inbound, outbound or web'
  when 'not_a_flag' then '; expected true or false'
  when 'not_a_currency' then '; expected three letters such as USD'
  when 'not_an_id' then '; expected 1 to 256 characters, none of them a control character'
  when 'not_a_transcript' then '; expected a list of utterances, or one text'
  when 'not_an_utterance' then '; expected an object with a text'
  else ''
end;

-- The whole sentence: the text as given, why it is not read, and what would be.
create or replace macro unread_sentence(code, raw) as
  '''' || if(length(raw) > 60, left(raw, 60) || '...', raw) || ''' ' || why_unread(code, raw);

-- (A chain of cases: DuckDB makes a join of a longer list after IN.)
create or replace macro speaker_of(label) as case label
  when 'ai' then 'ai'
  when 'human' then 'human'
  else case lower(label)
    when 'ai' then 'ai' when 'agent' then 'ai' when 'assistant' then 'ai' when 'bot' then 'ai' when 'robot' then 'ai'
    when 'human' then 'human' when 'user' then 'human' when 'customer' then 'human' when 'caller' then 'human'
    when 'callee' then 'human' when 'client' then 'human' when 'person' then 'human' when 'lead' then 'human'
    else 'unknown'
  end
end;

-- A text without outer blanks, NULL where it is empty.
create or replace macro trimmed(field) as nullif(
  regexp_replace(field, '^[\x09-\x0d\x1c-\x20\x{85}\pZ]+|[\x09-\x0d\x1c-\x20\x{85}\pZ]+$', '', 'g'), ''
);

-- A transcript in one string, cut at its speaker labels: at the start of a line, or of a sentence within it, or, where it
-- is all one line, behind a blank; except at the start of a line a label begins with a capital. Around a label may stand
-- stamps, dashes, bars, asterisks. Other words with a colon are text. What is before the first label has no known
-- speaker.
create or replace macro marked(transcript) as case
  when regexp_matches(transcript, '[\n\r]') then regexp_replace(
    regexp_replace(
      transcript,
      '(^|[\n\r])[\t\p{Zs}*_>•-]*(?:[\[(<]?('
      || '(?:\d{4}-\d\d-\d\d[T ])?(?:\d{1,3}:)?\d{1,2}:\d\d(?:[.,]\d{1,6})?Z?|\d+(?:\.\d+)?s)'
      || '(?:\s*(?:-|–|-->)\s*[\d:.,]+s?)?[\])>]?[\t\p{Zs}|*-]*)?'
      || '(ai|agent|assistant|bot|robot|human|user|customer|caller|callee|client|person|lead)'
      || '[\t\p{Zs}*]*(?:[\[(<]?((?:\d{1,3}:)?\d{1,2}:\d\d(?:[.,]\d{1,6})?)[\])>]?)?[\t\p{Zs}*]*[:：]\*{0,2}',
      e'\x1e\\2\\4\x1d\\3\x1f', 'gi'
    ),
    '([.!?…]["'')\]]*[\t\p{Zs}]+)'
    || '(AI|Agent|Assistant|Bot|Robot|Human|User|Customer|Caller|Callee|Client|Person|Lead)[\t\p{Zs}]*[:：]',
    e'\\1\x1e\x1d\\2\x1f', 'g'
  )
  else regexp_replace(
    transcript,
    '(^|\s)(?:[\[(<]((?:\d{4}-\d\d-\d\d[T ])?(?:\d{1,3}:)?\d{1,2}:\d\d(?:[.,]\d{1,6})?Z?)[\])>][\t\p{Zs}|-]*)?'
    || '(AI|Ai|(?:Agent|Assistant|Bot|Robot|Human|User|Customer|Caller|Callee|Client|Person|Lead)'
    || '|(?:AGENT|ASSISTANT|BOT|ROBOT|HUMAN|USER|CUSTOMER|CALLER|CALLEE|CLIENT|PERSON|LEAD))[\t\p{Zs}]*[:：]',
    e'\x1e\\2\x1d\\3\x1f', 'g'
  )
end;

-- The pieces of a transcript in one string; an empty one says nothing and is not counted.
create or replace macro pieces_of(transcript) as list_filter(
  list_transform(
    string_split(marked(translate(transcript, e'\x1d\x1e\x1f', '')), e'\x1e'),
    lambda piece: struct_pack(
      speaker := if(contains(piece, e'\x1f'), split_part(split_part(piece, e'\x1f', 1), e'\x1d', 2), null),
      timestamp := if(contains(piece, e'\x1f'), nullif(split_part(piece, e'\x1d', 1), ''), null),
      text := trimmed(if(contains(piece, e'\x1f'), split_part(piece, e'\x1f', 2), piece))
    )
  ),
  lambda piece: piece.text is not null
);

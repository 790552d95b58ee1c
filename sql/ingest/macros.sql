-- what: Macros that the files of sql/sources and sql/ingest share: cutting JSON apart, reading text as a type.
-- grain: none
-- inputs:
-- note: A field that is absent, null or blank text is NULL. Text that can't be read as the type is NULL too; the
-- caller tells the two apart by the text. An object's path in `extra` is its keys joined by dots.

-- The fields that `shape` (a JSON structure as json_transform takes it) names, and the keys it does not name.
create or replace macro shaped(object, shape) as struct_pack(
  fields := json_transform(object, shape),
  unknown := list_filter(json_keys(object), lambda key: not list_contains(json_keys(shape), key)),
  known := json_keys(shape)
);

-- The values of some of an object's keys, as entries (path, value) for `extra_object`.
create or replace macro picked_entries(object, keys, prefix) as list_transform(
  list_distinct(keys),
  lambda key: struct_pack(
    path := prefix || key,
    value := json_extract(object, '/' || replace(replace(key, '~', '~0'), '/', '~1'))
  )
);

-- The values of the keys that a shape does not name, as entries. Looking each key up costs a parse of the object,
-- so many are taken apart together; where keys repeat that fails, and the object is kept whole.
create or replace macro entries_of(object, given, prefix) as case
  when len(given.unknown) <= 64 then picked_entries(object, given.unknown, prefix)
  when len(given.unknown) > 64 then coalesce(
    list_transform(
      list_filter(
        map_entries(try(from_json(object, '"MAP(VARCHAR, JSON)"'))),
        lambda entry: not list_contains(given.known, entry.key)
      ),
      lambda entry: struct_pack(path := prefix || entry.key, value := entry.value)
    ),
    [struct_pack(path := prefix, value := object::json)]
  )
end;

-- One JSON object of the entries, sorted by path; NULL where there are none.
create or replace macro extra_object(entries) as case when len(entries) > 0 then
  '{' || array_to_string(
    list_transform(list_sort(entries), lambda entry: to_json(entry.path) || ':' || entry.value), ','
  ) || '}'
end;

-- The part of a reported status that counts, the key of `status_names`.
create or replace macro status_key(reported) as lower(regexp_replace(reported, '[-_\s]+', '', 'g'));

create or replace macro text_of(field) as nullif(trim(field, e' \t\r\n'), '');

create or replace macro number_of(field) as case
  when isfinite(try_cast(field as double)) and not contains(field, '_') then try_cast(field as double)
end;

create or replace macro number_between(field, low, high) as case
  when number_of(field) between low and high then number_of(field)
end;

create or replace macro count_of(field) as case
  when number_of(field) between 0 and 9e15 and number_of(field) = floor(number_of(field))
  then number_of(field)::bigint
end;

-- Money, to six decimals. A JSON number from nine thousand million on no longer holds six exact decimals.
create or replace macro money_of(field) as case
  when number_of(field) between 0 and 9e9 then try_cast(field as decimal(18, 6))
  when number_of(field) > 9e9 and not contains(lower(field), 'e') and length(field) > 17
  then try_cast(field as decimal(18, 6))
end;

create or replace macro flag_of(field) as case
  when lower(field) in ('true', 'yes', '1') then true
  when lower(field) in ('false', 'no', '0') then false
end;

-- RFC 3339 text (without an offset it is taken as UTC) or a Unix time in seconds, milli- or microseconds.
create or replace macro time_of(field) as case
  when field[5] = '-' and field between '0002' and '9999' and not contains(field, '(')
  then coalesce(try_cast(field as timestamptz), try_cast(upper(field) as timestamptz))
  when number_of(field) between 1e8 and 1e11 then make_timestamptz((number_of(field) * 1000000)::bigint)
  when number_of(field) between 1e11 and 1e14 then make_timestamptz((number_of(field) * 1000)::bigint)
  when number_of(field) between 1e14 and 1e17 then make_timestamptz(number_of(field)::bigint)
end;

-- An utterance's place in the call, in seconds from its start.
create or replace macro offset_of(field) as case
  when field[5] is distinct from '-' then number_between(field, 0, 1e8)
end;

-- Whether a text can be an id: up to 256 characters, none of them a control character, no JSON object or list.
create or replace macro is_id(field) as
  length(field) <= 256 and not regexp_matches(field, '[\x00-\x1f\x7f]') and not regexp_matches(field, '^[{\[]');

-- A fault for the list of a record's faults where a text was given and no value could be read from it.
create or replace macro fault(name, problem, given, value) as case
  when given is not null and value is null
  then struct_pack(field := name, code := problem, raw := given::varchar)
end
;

-- (A chain of cases: DuckDB makes a join of a longer list after IN.)
create or replace macro speaker_of(label) as case label
  when 'ai' then 'ai'
  when 'human' then 'human'
  else case lower(text_of(label))
    when 'ai' then 'ai' when 'agent' then 'ai' when 'assistant' then 'ai' when 'bot' then 'ai' when 'robot' then 'ai'
    when 'human' then 'human' when 'user' then 'human' when 'customer' then 'human' when 'caller' then 'human'
    when 'callee' then 'human' when 'client' then 'human' when 'person' then 'human' when 'lead' then 'human'
    else 'unknown'
  end
end;

-- A transcript in one string, cut at its speaker labels: at the start of a line, or, where it is all one line,
-- at any label with a capital. What stands before the first label has no known speaker.
create or replace macro marked(transcript) as case
  when contains(transcript, e'\n') then regexp_replace(
    transcript,
    '(^|\n)[ \t]*(ai|agent|assistant|bot|robot|human|user|customer|caller|callee|client|person|lead)[ \t]*:',
    e'\x1e\\2\x1f', 'gi'
  )
  else regexp_replace(
    transcript,
    '(^|\s)(AI|Agent|Assistant|Bot|Robot|Human|User|Customer|Caller|Callee|Client|Person|Lead|[A-Z]{4,9})[ \t]*:',
    e'\x1e\\2\x1f', 'g'
  )
end;

-- The pieces of a transcript in one string; an empty one says nothing and is not counted.
create or replace macro pieces_of(transcript) as list_filter(
  list_transform(
    string_split(marked(translate(transcript, e'\x1e\x1f', '')), e'\x1e'),
    lambda piece: struct_pack(
      speaker := if(contains(piece, e'\x1f'), split_part(piece, e'\x1f', 1), null),
      text := text_of(if(contains(piece, e'\x1f'), split_part(piece, e'\x1f', 2), piece))
    )
  ),
  lambda piece: piece.text is not null
);

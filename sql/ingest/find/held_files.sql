-- what: The files and objects given that the lake holds as they are: one of their exports was read at that
--   place, of that source, when the file or object had the same tag.
-- grain: one row per file or object
-- inputs: given_files, exports
-- parameters: $sources (whose)
-- outputs:
--   location (its path or address)
with
held as (select location, etag from exports where list_contains($sources, source)),

final as (
  select distinct given_files.location
  from given_files
  join held
    on held.etag = given_files.etag
    and (held.location = given_files.location or starts_with(held.location, given_files.location || '!'))
)

select * from final

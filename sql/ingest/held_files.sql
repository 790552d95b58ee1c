-- what: The files and objects given that the lake holds as they are: one of their exports was read at that
--   place, of that source, when the file or object had the same tag.
-- grain: one row per file or object
-- inputs: given_files, exports
-- parameters: $source (whose)
-- outputs:
--   location (its path or address)
select distinct given_files.location
from given_files
join exports
  on exports.etag = given_files.etag
  and (exports.location = given_files.location or starts_with(exports.location, given_files.location || '!'))
where exports.source = $source

-- what: Those of the given exports that the lake holds.
-- grain: one row per export held
-- inputs: given_exports, exports
-- parameters: $source (whose)
-- outputs:
--   export_id (SHA-256 of its bytes, in hexadecimal)
select export_id
from given_exports
semi join (select export_id from exports where source = $source) held using (export_id)

-- what: Those of the given exports that the lake holds.
-- grain: one row per export held
-- inputs: given_exports, exports
-- parameters: $sources (whose)
-- outputs:
--   export_id (SHA-256 of its bytes, in hexadecimal)
with
held as (select export_id from exports where list_contains($sources, source)),

final as (select export_id from given_exports semi join held using (export_id))

select * from final

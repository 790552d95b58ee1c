-- what: The batches of the same source that were created before a named batch, the newest first.
-- grain: one row per named batch and batch before it
-- inputs: batches, named_batches
-- outputs:
--   rank: the place in the order, from 1
--   source: the platform
--   batch_id: the batch's id
with
this as (select * from batches semi join named_batches using (source, batch_id)),

final as (
  select
    row_number() over (
      partition by this.source, this.batch_id order by other.created_at desc, other.batch_id desc
    ) as rank,
    other.source,
    other.batch_id
  from this
  join batches as other on this.source = other.source and other.created_at < this.created_at
)

select * from final

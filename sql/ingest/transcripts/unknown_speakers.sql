-- what: Words for a speaker that tell neither the agent nor the person, which `segments` has as unknown.
-- grain: one row per word that was given
-- inputs: given_speakers
-- outputs:
--   speaker (the word as given)
-- note: A word that says no more than the column does needn't be kept.
with
given as (select * from given_speakers),

final as (select speaker from given where speaker_of(speaker) = 'unknown' and lower(speaker) <> 'unknown')

select * from final

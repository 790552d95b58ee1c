-- what: How durations and costs spread, in bins of one width: of round widths the least that needs no more than 20
--   bins up to the 99th percentile. What lies far beyond that is in one last bin, which is open above.
-- grain: one row per unit, currency and bin, empty bins between others too
-- inputs: selected_calls
-- outputs:
--   unit: seconds or money
--   currency: what the costs are in; null of durations, and where the export names none
--   lower: the least value in the bin
--   upper: the value that the next bin begins with; null of an open bin
--   calls (calls): calls whose value is in the bin
with
calls as (select * from selected_calls),

-- Whole millionths are counted into bins exactly; floating point is not.
measured as (
  select
    'seconds' as unit,
    null::varchar as currency,
    try_cast(duration_seconds * 1e6 as bigint) as micros,
    count(*) as calls
  from calls
  where micros is not null
  group by all
  union all
  select
    'money',
    currency,
    (cost::decimal(38, 6) * 1000000)::bigint as micros,
    count(*)
  from calls
  where cost is not null
  group by all
),

running as (
  select
    *,
    sum(calls) over (partition by unit, currency order by micros) as calls_so_far,
    sum(calls) over (partition by unit, currency) as all_calls
  from measured
),

spreads as (
  select
    unit,
    currency,
    min(micros) filter (where calls_so_far >= 0.99 * all_calls) as most,
    max(micros) as highest
  from running
  group by unit, currency
),

-- Thirds and quarters of a minute or an hour are round too.
round_widths as (
  select
    unit,
    (factor * 10::bigint ** exponent)::bigint as width
  from (values ('seconds'), ('money')) as units (unit)
  cross join (values (1), (2), (5)) as factors (factor)
  cross join range(4, 16) as exponents (exponent)
  where unit = 'money' or exponent < 7
  union all
  select
    'seconds',
    unnest([10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000, 86400, 864000, 100000000]::bigint[])
    * 1000000
),

widths as (
  select
    spreads.*,
    coalesce(
      min(round_widths.width) filter (where round_widths.width * 20 > spreads.most),
      max(round_widths.width)
    ) as width
  from spreads
  inner join round_widths using (unit)
  group by all
),

last_bins as (
  select
    *,
    if(highest // width <= most // width + 2, highest // width, most // width + 1) as last_bin,
    highest // width > last_bin as open_above
  from widths
),

bins as (
  select
    *,
    unnest(range(0, last_bin + 1)) as bin
  from last_bins
),

counted as (
  select
    measured.unit,
    measured.currency,
    least(measured.micros // last_bins.width, last_bins.last_bin) as bin,
    sum(measured.calls)::bigint as calls
  from measured
  inner join last_bins
    on measured.unit = last_bins.unit and measured.currency is not distinct from last_bins.currency
  group by all
),

final as (
  select
    bins.unit,
    bins.currency,
    (bins.bin * bins.width)::decimal(30, 0) * 0.000001 as lower,
    if(bins.bin = bins.last_bin and bins.open_above, null, ((bins.bin + 1) * bins.width)::decimal(30, 0) * 0.000001)
      as upper,
    coalesce(counted.calls, 0) as calls
  from bins
  left join counted
    on bins.unit = counted.unit
    and bins.currency is not distinct from counted.currency
    and bins.bin = counted.bin
)

select * from final

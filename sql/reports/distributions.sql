-- what: How durations and costs spread, in bins of one width: of round widths the least that needs no more than 20
--   bins up to the 99th percentile, from 0 or, with credits, from the first. What lies far beyond that is in one last
--   bin, which is open above, and credits far below it in one first bin, which is open below.
-- grain: one row per unit, currency and bin, empty bins between others too
-- inputs: selected_calls
-- outputs:
--   unit: seconds or money
--   currency: what the costs are in; null of durations, and where the export names none
--   lower: the least value in the bin; null of a bin that is open below
--   upper: the value that the next bin begins with; null of an open bin
--   calls (calls): calls whose value is in the bin
with
calls as (select * from selected_calls),

-- Whole millionths are counted into bins exactly; floating point is not.
measured as (
  select
    'seconds' as unit,
    null::varchar as currency,
    try_cast(round_even(duration_seconds * 1e6, 0) as bigint) as micros,
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
    sum(calls) over (partition by unit, currency order by micros desc) as calls_from_here,
    sum(calls) over (partition by unit, currency) as all_calls
  from measured
),

spreads as (
  select
    unit,
    currency,
    least(max(micros) filter (where calls_from_here >= 0.99 * all_calls), 0) as least_wanted,
    min(micros) filter (where calls_so_far >= 0.99 * all_calls) as most,
    least(min(micros), 0) as lowest,
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
      min(round_widths.width) filter (where round_widths.width * 20 > greatest(spreads.most, 0) - spreads.least_wanted),
      max(round_widths.width)
    ) as width
  from spreads
  inner join round_widths using (unit)
  group by all
),

-- `//` cuts towards 0, so that below 0 a value that isn't the edge itself lies one bin further down.
placed as (
  select
    *,
    highest // width - if(highest % width < 0, 1, 0) as highest_bin,
    most // width - if(most % width < 0, 1, 0) as most_bin,
    lowest // width - if(lowest % width < 0, 1, 0) as lowest_bin,
    least_wanted // width - if(least_wanted % width < 0, 1, 0) as least_bin
  from widths
),

edges as (
  select
    unit,
    currency,
    width,
    if(highest_bin <= most_bin + 2, highest_bin, most_bin + 1) as last_bin,
    highest_bin > last_bin as open_above,
    if(lowest_bin >= least_bin - 2, lowest_bin, least_bin - 1) as first_bin,
    lowest_bin < first_bin as open_below
  from placed
),

bins as (
  select
    *,
    unnest(range(first_bin, last_bin + 1)) as bin
  from edges
),

counted as (
  select
    measured.unit,
    measured.currency,
    least(
      greatest(measured.micros // edges.width - if(measured.micros % edges.width < 0, 1, 0), edges.first_bin),
      edges.last_bin
    ) as bin,
    sum(measured.calls)::bigint as calls
  from measured
  inner join edges
    on measured.unit = edges.unit and measured.currency is not distinct from edges.currency
  group by all
),

final as (
  select
    bins.unit,
    bins.currency,
    if(bins.bin = bins.first_bin and bins.open_below, null, (bins.bin * bins.width)::decimal(30, 0) * 0.000001) as lower,
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

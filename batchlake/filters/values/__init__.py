"""The values of a filter: their forms, periods, and the time zone that they are read in."""

"""The families of metrics, each with its query in `sql/analytics`."""

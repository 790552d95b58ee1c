"""The same questions on a cluster: one text of SQL, rendered for Spark, over the files that a run pins."""

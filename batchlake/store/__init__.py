"""The lake where it lives: Delta tables, the ledger of runs that pins their versions, the writer's lock."""

"""The one room that imports DuckDB: connections, views over a lake's files, errors translated."""

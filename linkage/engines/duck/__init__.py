"""The default engine: DuckDB in the same process."""

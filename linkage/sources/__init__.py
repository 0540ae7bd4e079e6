"""Where a table comes from: files, data frames and databases, and what their columns are called."""

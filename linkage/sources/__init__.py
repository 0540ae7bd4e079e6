"""Sources of tables (files, data frames, and databases), and the names of their columns."""

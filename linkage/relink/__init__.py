"""Repeat the decisions of a finished run with other rules, other limits, or without some records."""

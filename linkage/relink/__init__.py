"""Decide again in a finished run: other rules, other limits, or some records left out."""

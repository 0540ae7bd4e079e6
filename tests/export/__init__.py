"""Finished runs in the tables of other models."""

"""Mortality at an index date, and survival curves."""

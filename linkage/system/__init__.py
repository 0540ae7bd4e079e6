"""Wrappers around the operating system: files, locks, scratch folders, pipes and the process."""

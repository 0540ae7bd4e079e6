"""Files, locks, scratch folders, pipes and the process: what the operating system offers."""

"""Seconds, memory, sensitivity and PPV, side by side with other libraries on the same files."""

"""Benchmarks: time, memory, sensitivity and PPV, compared with other libraries on the same files."""

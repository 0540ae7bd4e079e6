"""One run: open an engine, link, and write, print, explain, compare or repeat the result."""

"""A job file: what it says, what it would do, and a first one guessed from the files."""

"""How each field is written the same way in both files."""

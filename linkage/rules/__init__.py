"""What a user declares about the method: the cascade, its file, and its text in words."""

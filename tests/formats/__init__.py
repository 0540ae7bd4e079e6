"""Files in the formats of registries."""

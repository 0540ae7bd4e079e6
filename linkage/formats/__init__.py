"""Files in the layouts of registries: where their fields stand, and how several files become one registry."""

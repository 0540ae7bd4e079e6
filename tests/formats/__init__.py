"""Files in the layouts of registries."""

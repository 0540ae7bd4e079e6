"""Registry file formats: field layouts, and how several files become one registry."""

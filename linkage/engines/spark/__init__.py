"""The engine for many machines: Spark runs the same SQL text."""

"""The version, apart from the public page, so that every module may name it."""

__version__ = "0.1.0"

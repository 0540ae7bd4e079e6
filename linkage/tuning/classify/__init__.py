"""Classifiers of scikit-learn and Splink beside the cascade, on the same pairs."""

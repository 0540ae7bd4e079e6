"""The cascade as a scikit-learn classifier, and learned baselines on the same pairs."""

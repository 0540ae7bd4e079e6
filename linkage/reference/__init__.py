"""The reference: the same rules, written a second time without SQL, on recordlinkage and jellyfish.

It is slow, and shares nothing with the fast engines but the rule file, so that tests can hold them to its links.
"""

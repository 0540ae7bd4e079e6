"""The reference engine: a second implementation of the method without SQL, based on recordlinkage and jellyfish.

It is slow and shares no SQL with the fast engines, so that tests can verify their links against it.
"""

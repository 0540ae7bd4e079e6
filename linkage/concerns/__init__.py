"""What looks wrong in the files of a run, before anything is linked: one module per subject, called in `find`.

`find.find_concerns` gives all of it, as sentences that hold shares and counts but no value of an identifier.
"""

"""What is done to each kind of thing at Railway: a module each, with plain dictionaries in and out.

Every create first looks for the thing by its name. Railway's own creates make a second one when they are
repeated, and an engine that was stopped in between does not know of the first.
"""

"""The research service: GPT Researcher behind a small web application that asks for a password.

It knows nothing of the rest of the repository: this folder is all that its image is built from.
"""

"""A stand-in for docling-serve: its paths, its key and its answers, for text and Markdown only.

It reads no PDF and knows no layout: such a file is answered as docling answers one that it cannot convert.
Paths and answers are those of docling-serve 1.36.
"""

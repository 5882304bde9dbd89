"""A stand-in for LightRAG's server: its paths, its key, its collections, and an answer through the gateway.

LightRAG itself is on PyPI, 568 MB with what it needs, but its tokenizer's table is a download that no package
registry carries, and the lab has no model for vectors. So this one counts words into vectors and builds no
graph. It stores them in the same database under the same names, and hands what it finds to the real gateway.
Paths and answers are those of LightRAG 1.5.7.
"""

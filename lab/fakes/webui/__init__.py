"""A stand-in for Open WebUI: it signs people in and passes their words on, without the page to type them on.

Its wiring is real: it keeps the operator's account in PostgreSQL, needs Redis, hands files to the document
processor, stores what comes back in the vector database, and sends chats through the gateway. So a wrong
name, password, key or address shows as it would with the real program. Its vectors come from a hash of the
words, not from a model. Paths and answers are those of Open WebUI 0.11.4.
"""

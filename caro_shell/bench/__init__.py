"""How fast caro is, measured: `measure` (a key press in a real shell), `engines` and `versus` (others beside it).

Nothing is imported here: `traced` is a part of the client that is measured.
"""

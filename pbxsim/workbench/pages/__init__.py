"""One thin script a page; `serve.py` gives them to the server, which runs them again for every session."""

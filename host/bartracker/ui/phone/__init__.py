"""The page for a phone in the same network: what it shows (content.py), the server (server.py), the page itself
(page.html). Off unless asked for; read-only; behind a token.
"""

"""Who may ask: tokens and their scopes, wrong guesses, connections that are held open."""

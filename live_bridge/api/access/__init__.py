"""Who may ask: tokens and their scopes, wrong guesses, connections that are held open, the rule a refusal names."""

"""Commands that run beside a bridge for as long as it does."""

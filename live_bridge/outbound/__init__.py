"""What goes out besides SIP: web requests, webhooks, e-mail."""

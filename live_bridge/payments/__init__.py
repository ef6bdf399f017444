"""The published protocols of payment systems and banks: signatures, forms and files as text. No socket, no database."""

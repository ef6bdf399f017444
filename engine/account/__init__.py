"""The account around a PBX: its states, charges, payments, numbers and sign-up as rules. Instants in, decisions out."""

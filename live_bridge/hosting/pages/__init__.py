"""What the hosting process serves: sign-up and sign-in, the account's pages, its JSON API, and notices of payment systems."""

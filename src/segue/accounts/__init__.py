"""Who someone is: sign-up, sign-in, tokens, profiles."""

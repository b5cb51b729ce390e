"""Where pairs of request and command come from: our own intents, and public data."""

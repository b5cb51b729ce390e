"""The daemon: one process a user, which answers requests by turns and holds the model warm."""

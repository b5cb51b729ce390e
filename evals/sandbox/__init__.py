"""A place where any command may run: the whole machine as it is, and nothing that is done to it stays."""

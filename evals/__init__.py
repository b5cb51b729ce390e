"""How often the commands are right: tasks, scored by running the answers where they can do no harm."""

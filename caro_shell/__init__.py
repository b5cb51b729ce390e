"""caro-shell: words on the command line become a command, written by a model on your own machine."""

__version__ = "0.1.0"

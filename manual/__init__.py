"""The man page and the completions, made from the parsers of `caro_shell/cli` (`python -m manual`); not shipped."""

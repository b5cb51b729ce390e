"""How dangerous a command is, judged on its syntax tree: `judge.judge`; the rules are data in rules/*.toml."""

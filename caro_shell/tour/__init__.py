"""`caro tour`: the user's own shell in a scratch directory, and beside each prompt what to press next.

`scratch.py` makes and removes the directory and starts the shell; `zshrc.zsh`, `hook.bash` and `hook.fish` are read
there with the user's own files, and call `at_prompt.py` before every prompt; `steps.py` says from what was pressed
which step comes next. A key press adds a line to the file `pressed` there (`pressed.py`).
"""

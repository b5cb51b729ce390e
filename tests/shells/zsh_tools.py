"""What the tests of zsh alone share: its plugins, and a line that is typed by hand."""

from pathlib import Path

from terminal import Terminal, wait_for
from user_home import need

PLUGINS = {
    "zsh-autosuggestions": "/usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh",
    "zsh-syntax-highlighting": "/usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh",
}


def sourced(*names: str) -> str:
    """Return the lines of rc that load plugins; skips (fails in CI) when one is not installed."""
    for name in names:
        if not Path(PLUGINS[name]).exists():
            need(f"{name} is not installed")
    return "\n".join(f"source {PLUGINS[name]}" for name in names)


def enter(terminal: Terminal, text: str) -> None:
    """Type a line, see it, and press Enter: a line that was never on the screen counts as pasted."""
    terminal.type(text)
    terminal.see(text)
    before = terminal.screen(), terminal.cursor()
    terminal.press("Enter")
    # A key that came at once would make a pasted line of it too.
    wait_for(lambda: (terminal.screen(), terminal.cursor()) != before, terminal.screen)

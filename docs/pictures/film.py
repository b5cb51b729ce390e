"""Film the scenes of scenes.toml in real terminals, with the real model: `python docs/pictures/film.py [SCENE …]`.

A scene opens a shell with caro in it, in a directory made by its setup and a home of its own, presses real keys, and
writes SCENE.svg beside this file: what the screen showed, for as long as it did. Waiting for the model is shown as it
was; typing and reading get a person's pace. The weights are those of the configured model (CARO_MODELS_DIR counts).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests" / "support")]

from svg import Frame, drawn
from terminal import Terminal

SCENES = HERE / "scenes.toml"
_LIMIT_S = 60.0
_LETTER_S, _KEY_S, _READ_S, _END_S = 0.055, 0.5, 1.6, 3.0
_CAPTION = "caro scene "
_MARK = "\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT}"
_PROMPTS = {
    "zsh": f"PROMPT='%F{{12}}%1~ %f%F{{10}}{_MARK}%f '",
    "bash": rf"PS1='\[\e[94m\]\W \[\e[92m\]{_MARK}\[\e[0m\] '",
    "fish": f"set -g fish_greeting\nfunction fish_prompt\n"
    f"set_color brblue\necho -n (path basename (prompt_pwd))' '\n"
    f"set_color brgreen\necho -n '{_MARK} '\nset_color normal\nend",
}
_STARTS = {"zsh": ["-d"], "bash": [], "fish": []}
_RC = {"zsh": ".zshrc", "bash": ".bashrc", "fish": ".config/fish/config.fish"}


def scenes() -> dict[str, dict[str, Any]]:
    """Return the scenes by their names."""
    return {scene["name"]: scene for scene in tomllib.loads(SCENES.read_text(encoding="utf-8"))["scene"]}


def stamp(scene: Mapping[str, Any]) -> str:
    """Return what ties a picture to the scene that it was made from."""
    return _CAPTION + hashlib.sha256(repr(sorted(scene.items())).encode()).hexdigest()[:16]


def film(scene: Mapping[str, Any]) -> str:
    """Return the SVG of a scene; raises SystemExit where it does not go as it should."""
    home = Path(tempfile.mkdtemp(prefix="caro-film-"))
    try:
        return _filmed(scene, home)
    finally:
        environ = _environ(home)
        subprocess.run([_caro(), "daemon", "stop"], env=environ, capture_output=True, check=False)
        shutil.rmtree(home, ignore_errors=True)


def _caro() -> str:
    return str(Path(sys.executable).with_name("caro"))


def _environ(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("CARO_MODELS_DIR", "CARO_MODEL") if name in os.environ}
    kept.setdefault("CARO_MODELS_DIR", str(Path.home() / ".local/share/caro/models"))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {
        "HOME": str(home),
        "PATH": path,
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        **kept,
    }


def _filmed(scene: Mapping[str, Any], home: Path) -> str:
    shell, (columns, lines) = scene["shell"], scene["size"]
    environ = _environ(home)
    for each, name in _RC.items():
        rc = home / name
        rc.parent.mkdir(parents=True, exist_ok=True)
        block = subprocess.run([_caro(), "init", each], env=environ, capture_output=True, text=True, check=True).stdout
        rc.write_text(_PROMPTS[each] + "\n" + ("" if scene.get("without") else block), encoding="utf-8")
    environ["SHELL"] = str(shutil.which(shell))
    work = home / scene.get("in", "")
    work.mkdir(exist_ok=True)
    subprocess.run(["bash", "-c", scene.get("setup", "")], cwd=work, env=environ, check=True)
    # The first answer of a day, which loads the model, is a scene of its own.
    if not scene.get("cold"):
        asked = [_caro(), "--shell", shell, "print the working directory"]
        subprocess.run(asked, env=environ, cwd=home, capture_output=True, check=True)
    start = [environ["SHELL"], *_STARTS[shell], "-i"]
    with Terminal(["env", "-C", str(work), *start], environ, (columns, lines)) as terminal:
        terminal.see(_MARK)
        frames = list(_played(terminal, scene["steps"]))
    marked = drawn(scene["title"], (columns, lines), [_at_home(frame, home, environ) for frame in _merged(frames)])
    return marked.replace("<svg ", f"<!-- {stamp(scene)} -->\n<svg ", 1)


def _at_home(frame: Frame, home: Path, environ: Mapping[str, str]) -> Frame:
    """Return a frame in which this machine's paths are those of a user who has installed caro."""
    installed = {environ["CARO_MODELS_DIR"]: "~/.local/share/caro/models", sys.prefix: "~/.local/share/caro-shell/venv"}
    captured = frame.captured
    for path, shown in {**installed, str(home): "~"}.items():
        captured = captured.replace(path, shown)
    return frame._replace(captured=captured)


def _played(terminal: Terminal, steps: Sequence[Mapping[str, Any]]) -> Iterator[Frame]:
    """Yield what is seen while the steps are done: `type`, `press`, `until` (a text that comes), `pause` (seconds)."""
    for step in steps:
        for letter in step.get("type", ""):
            terminal.type(letter)
            yield _after(terminal, _LETTER_S)
        if "press" in step:
            yield _after(terminal, _KEY_S)
            terminal.press(*step["press"].split())
        if "until" in step:
            yield from _awaited(terminal, step["until"])
        yield _after(terminal, step.get("pause", _READ_S if "until" in step else 0.3))
    yield _after(terminal, _END_S)


def _awaited(terminal: Terminal, text: str) -> Iterator[Frame]:
    """Yield what is seen until `text` is there, for as long as it is really seen."""
    begun = seen = time.monotonic()
    while text not in (captured := terminal.screen(colours=True)) and text not in terminal.screen():
        if time.monotonic() - begun > _LIMIT_S:
            raise SystemExit(f"{text!r} did not come; the screen:\n{terminal.screen()}")
        now = time.monotonic()
        yield Frame(captured, _cursor(terminal), max(now - seen, 0.001))
        seen = now


def _after(terminal: Terminal, seconds: float) -> Frame:
    """Return the screen once it has settled, to be shown for `seconds`."""
    before = ""
    while (captured := terminal.screen(colours=True)) != before:
        before = captured
        time.sleep(0.05)
    return Frame(captured, _cursor(terminal), seconds)


def _cursor(terminal: Terminal) -> tuple[int, int]:
    column, row = terminal.cursor().split()
    return int(column), int(row)


def _merged(frames: Sequence[Frame]) -> list[Frame]:
    """Return frames that look alike as one."""
    found: list[Frame] = []
    for frame in frames:
        if found and found[-1][:2] == frame[:2]:
            found[-1] = found[-1]._replace(seconds=found[-1].seconds + frame.seconds)
        else:
            found.append(frame)
    return found


def main(names: Sequence[str]) -> int:
    """Film the scenes of these names, or all."""
    known = scenes()
    for name in names or known:
        if name not in known:
            sys.stderr.write(f"There is no scene `{name}`; there are {', '.join(known)}.\n")
            return 2
        new = HERE / f"{name}.svg"
        new.write_text(film(known[name]), encoding="utf-8")
        sys.stdout.write(f"{new.name}: {new.stat().st_size // 1000} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

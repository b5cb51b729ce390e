"""Whether llama.cpp can be used by this very interpreter, and what to type where it cannot, or could be faster."""

import importlib.util
import shlex
import sys
from collections.abc import Iterator

from caro_shell import config
from caro_shell.engines import installed
from caro_shell.engines.registry import asks_a_server
from caro_shell.engines.survey import graphics, how_to_build, survey
from caro_shell.errors import CaroError, EngineError

HERE, MISSING = 0, 1


def pip_here(words: str, *, has_pip: bool) -> str:
    """Return a command for pip in a form that works here: an environment of uv's has none."""
    python = shlex.quote(sys.executable)
    return words if has_pip else words.replace(f"{python} -m pip install", f"uv pip install --python {python}")


def advice(*, has_pip: bool) -> Iterator[tuple[bool, str]]:
    """Yield lines for people, each with whether it says that an answer can be had."""
    try:
        if asks_a_server(config.current()):
            yield True, "llama.cpp  not needed: a server is asked (base_url)"
            return
        package, _before = installed.choose()
    except EngineError as error:
        yield False, f"llama.cpp  {error.message}"
        yield False, pip_here(error.hint, has_pip=has_pip)
        return
    except CaroError as error:
        yield False, error.message
        yield False, error.hint
        return
    yield True, f"llama.cpp  by {package.name}"
    maker = "" if survey(package.binding).has_gpu else graphics()
    if maker:
        # The other way, ./install.sh, belongs to whoever has a checkout.
        how = how_to_build(maker).partition(", or ")[2]
        yield True, f"           It cannot use the {maker} GPU of this machine. To build one that can:"
        yield True, f"           {pip_here(how, has_pip=has_pip)}"


def main() -> int:
    """Print the lines; returns MISSING when there is no llama.cpp to answer."""
    told = list(advice(has_pip=importlib.util.find_spec("pip") is not None))
    sys.stdout.write("".join(f"{line}\n" for _good, line in told))
    return HERE if all(good for good, _line in told) else MISSING


if __name__ == "__main__":
    sys.exit(main())

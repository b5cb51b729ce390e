"""caro beside other commands on the same weights: `python bench/peers/compare.py DIRECTORY [--peers llm,shell_gpt …]`.

Each peer (peers.toml) is installed into a virtual environment of its own in DIRECTORY, with homes of its own, and given
the GGUF file that caro uses. Then `caro bench` presses caro's key and asks the peer in turn, warm and cold, a run a
peer. What comes out lies in DIRECTORY: a JSON file a peer, `peers.json` with all of them, `peers.svg`, and the table
that is printed. Run it with the Python that caro is installed for.
"""

import argparse
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from caro_shell import config
from caro_shell.bench.text import table
from caro_shell.engines.threads import choose_threads
from caro_shell.errors import CaroError
from caro_shell.models.store import find_model

sys.path.insert(0, str(Path(__file__).parent))

from cold import wait_for_server

_HERE = Path(__file__).resolve().parent
_CHECKOUT = _HERE.parents[1]
_PEERS: Mapping[str, Any] = tomllib.loads((_HERE / "peers.toml").read_text(encoding="utf-8"))
# Where these are set, a peer would keep its things among the user's own.
_PLACES = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "LLM_USER_PATH")


@dataclass(frozen=True)
class Home:
    """A peer with a home and a port: one for the warm requests, another for the cold ones."""

    peer: Mapping[str, Any]
    path: Path
    facts: Mapping[str, str]

    def line(self, key: str) -> list[str]:
        """Return a command of the peer's, in its own environment."""
        return [*self._environment(), *self.words(self.peer[key])]

    def words(self, words: Sequence[str]) -> list[str]:
        """Return words with what they stand for; the place of the request stays."""
        known = {"{" + name + "}": value for name, value in self.facts.items()}
        return [self._filled(word, known) for word in words]

    def _filled(self, word: str, known: Mapping[str, str]) -> str:
        for name, value in known.items():
            word = word.replace(name, value)
        return word

    def _environment(self) -> list[str]:
        own = {"HOME": str(self.path), "TMPDIR": str(self.path), **self.peer.get("environment", {})}
        unset = [word for name in _PLACES for word in ("-u", name)]
        return ["env", *unset, *(f"{name}={self.words([value])[0]}" for name, value in own.items())]

    def set_up(self) -> None:
        """Give the peer the weights."""
        self.path.mkdir(parents=True, exist_ok=True)
        for words in self.peer.get("setup", ()):
            subprocess.run([*self._environment(), *self.words(words)], check=True, stdout=subprocess.DEVNULL)

    @contextmanager
    def served(self) -> Iterator[None]:
        """Have the peer's server run meanwhile, if it needs one; and end what it has started itself."""
        server = None
        try:
            if "serve" in self.peer:
                nothing = subprocess.DEVNULL
                server = subprocess.Popen(self.line("serve"), stdin=nothing, stdout=nothing, stderr=nothing)
                wait_for_server(self.facts["url"], server)
            yield
        finally:
            if server is not None:
                server.terminate()
                server.wait()
            if "stop" in self.peer:
                subprocess.run(self.line("stop"), check=False, stdout=subprocess.DEVNULL)

    def cold_line(self) -> list[str]:
        """Return the command that starts what has to be started, and asks."""
        if not {"serve", "stop"} & set(self.peer):
            return self.line("ask")
        serve = ["--serve", shlex.join(self.line("serve")), "--url", self.facts["url"]] if "serve" in self.peer else []
        stop = ["--stop", shlex.join(self.line("stop"))] if "stop" in self.peer else []
        return [sys.executable, str(_HERE / "cold.py"), *serve, *stop, "--", *self.line("ask")]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def install(name: str, directory: Path, facts: Mapping[str, str]) -> Path:
    """Install a peer's packages unless they are there; returns where its programs are."""
    place, peer = directory / name / "venv", _PEERS[name]
    wanted = [text.replace("{llama}", facts["llama"]) for text in peer["requirements"]]
    done = place / "installed.json"
    if not done.exists() or json.loads(done.read_text(encoding="utf-8")) != wanted:
        print(f"installing {', '.join(wanted)} …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        subprocess.run([str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", *wanted], check=True)
        done.write_text(json.dumps(wanted), encoding="utf-8")
    return place / "bin"


def measure(name: str, directory: Path, facts: Mapping[str, str], bench: Sequence[str]) -> dict[str, Any]:
    """Return the result of `caro bench` with a peer in turn."""
    peer, programs = _PEERS[name], install(name, directory, facts)
    homes = []
    for kind in ("warm", "cold"):
        port = str(_free_port())
        more = {"bin": str(programs), "port": port, "url": f"http://127.0.0.1:{port}/v1"}
        homes.append(Home(peer, directory / name / kind, {**facts, **more}))
        homes[-1].set_up()
    warm, cold = homes
    with warm.served():
        print(f"{peer['title']}: measuring …", file=sys.stderr)
        line = [*bench, "--json", "--vs", shlex.join(warm.line("ask")), "--vs-cold", shlex.join(cold.cold_line())]
        printed = output_of(line)
    if not printed:
        raise CaroError(f"{peer['title']} could not be measured.", "What went wrong stands above.")
    result: dict[str, Any] = json.loads(printed)
    for row in (*result["versus"], *result["versus_cold"]):
        row["name"] = peer["title"]
    return result


def output_of(line: Sequence[str]) -> str:
    """Return what a command prints; a Ctrl-C reaches it, too, and is over when it has ended what it has started."""
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        try:
            return process.communicate()[0]
        except KeyboardInterrupt:
            process.wait()
            raise


def facts_of(options: argparse.Namespace) -> dict[str, str]:
    """Return what the peers get from caro: the weights, the threads, llama.cpp itself; raises CaroError."""
    settings = config.current()
    weights = find_model(settings.model, settings)
    try:
        llama = version("llama-cpp-python")
    except PackageNotFoundError:
        raise CaroError("caro has no llama-cpp-python here, which the peers are to have, too.") from None
    facts = {"model": str(weights.path), "threads": str(choose_threads(settings.threads)), "llama": llama}
    return {**facts, "server": str(Path(options.llama_server).resolve().parent) if options.llama_server else ""}


def chosen(options: argparse.Namespace) -> list[str]:
    """Return the peers that can be measured; raises CaroError for one that is unknown."""
    unknown = set(options.peers) - set(_PEERS)
    if unknown:
        raise CaroError(f"There is no peer `{min(unknown)}`.", f"One of: {', '.join(_PEERS)}.")
    names = options.peers or ["llm", "shell_gpt", "whatisit" if options.llama_server else "whatisit_remote"]
    needy = [name for name in names if _PEERS[name].get("needs_llama_server") and not options.llama_server]
    if needy:
        raise CaroError(f"`{needy[0]}` runs llama.cpp's own server.", "Say where it is: --llama-server PATH")
    return names


def markdown(results: Sequence[Mapping[str, Any]]) -> str:
    """Return the table of the documentation."""
    lines = [
        "| beside | | pairs | caro p50 · p95 | theirs p50 · p95 | theirs / caro, median | interval (confidence) |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in results:
        for key, kind in (("versus", "warm"), ("versus_cold", "cold")):
            lines += [_row(row, kind) for row in result[key]]
    return "\n".join(lines)


def _row(row: Mapping[str, Any], kind: str) -> str:
    if "ratio" not in row:
        return f"| {row['name']} | {kind} | 0 | - | {row.get('error', '-')} | - | - |"
    ratio = row["ratio"]
    ours, theirs = (f"{row[key]['p50']:.0f} · {row[key]['p95']:.0f} ms" for key in ("ours_ms", "theirs_ms"))
    interval = f"{ratio['low']:.2f} to {ratio['high']:.2f} ({ratio['confidence']:.1%})"
    return f"| {row['name']} | {kind} | {row['pairs']} | {ours} | {theirs} | {ratio['p50']:.2f} | {interval} |"


def run(options: argparse.Namespace) -> int:
    """Measure, write and print."""
    directory = Path(options.directory).resolve()
    if directory == _CHECKOUT or _CHECKOUT in directory.parents:
        raise CaroError("The peers are not to lie in the checkout.", "Name a directory outside of it.")
    names, facts = chosen(options), facts_of(options)
    directory.mkdir(parents=True, exist_ok=True)
    bench = [sys.executable, "-m", "caro_shell", "bench", "-n", str(options.n), "--cold", str(options.cold)]
    results = []
    for name in names:
        results.append(measure(name, directory, facts, bench))
        (directory / f"{name}.json").write_text(json.dumps(results[-1]), encoding="utf-8")
    # Steps and floor are the first run's; the rows stand beside the presses of their own runs.
    together = {
        **results[0],
        **{key: [row for one in results for row in one[key]] for key in ("versus", "versus_cold")},
    }
    (directory / "peers.json").write_text(json.dumps(together), encoding="utf-8")
    drawing = [*bench[:4], "--read", str(directory / "peers.json"), "--svg", str(directory / "peers.svg")]
    subprocess.run(drawing, stdout=subprocess.DEVNULL, check=True)
    print(table(together))
    print()
    print(markdown(results))
    if options.remove:
        for name in names:
            shutil.rmtree(directory / name)
    return 0


def main() -> int:
    """Read the command line; what goes wrong is one sentence."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", help="where peers and results go, outside of the checkout")
    parser.add_argument("--peers", type=lambda text: text.split(","), default=[], help=", ".join(_PEERS))
    parser.add_argument("--llama-server", default="", help="llama.cpp's server, which whatisit runs")
    parser.add_argument("-n", type=int, default=20, help="warm pairs a peer (default 20)")
    parser.add_argument("--cold", type=int, default=6, help="cold pairs a peer (default 6)")
    parser.add_argument("--remove", action="store_true", help="remove the peers afterwards, and keep the results")
    try:
        return run(parser.parse_args())
    except CaroError as error:
        print(f"compare: {error.message} {error.hint}".rstrip(), file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"compare: {shlex.join(map(str, error.cmd))[:300]} ended with {error.returncode}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())

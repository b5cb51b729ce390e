"""One request to a peer that has to start its server first: `cold.py [--serve LINE --url URL] [--stop LINE] -- ASK …`.

It ends when the answer is there; the server is ended behind its back, because nobody would wait for that.
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence

_LOOK_S = 0.02


def wait_for_server(url: str, server: "subprocess.Popen[bytes]") -> None:
    """Wait until an HTTP server answers; ends this process when the server has ended instead."""
    while True:
        if server.poll() is not None:
            sys.exit(f"the server ended with status {server.returncode}")
        try:
            urllib.request.urlopen(f"{url}/models", timeout=5).close()  # noqa: S310  on this machine
        except urllib.error.HTTPError:
            # It has an opinion, so it is there.
            return
        except OSError:
            time.sleep(_LOOK_S)
        else:
            return


def main(argv: Sequence[str]) -> int:
    """Start what is to be started, ask, and leave the rest to a child."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", default="")
    parser.add_argument("--url", default="")
    parser.add_argument("--stop", default="")
    parser.add_argument("ask", nargs="+")
    options = parser.parse_args(argv)
    server = None
    if options.serve:
        # In this process's group, so that whoever gives this one up ends both.
        words, nothing = shlex.split(options.serve), subprocess.DEVNULL
        server = subprocess.Popen(words, stdin=nothing, stdout=nothing, stderr=nothing)
        wait_for_server(options.url, server)
    status = subprocess.run(options.ask, check=False).returncode
    if os.fork():
        os._exit(status)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    if server is not None:
        # The parent has started it, so it is not this child's to wait for.
        os.kill(server.pid, signal.SIGTERM)
    if options.stop:
        subprocess.run(shlex.split(options.stop), check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

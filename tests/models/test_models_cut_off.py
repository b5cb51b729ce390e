"""A network that is cut at a random moment, ten times: the right file or none, and then the right one."""

import json
import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from fake_sources import Home, build_wheels, make_bytes, make_model, serving

DRIVER = Path(__file__).with_name("cut_driver.py")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("source", ["hub", "index"])
def test_a_cut_network_leaves_the_right_file_or_none(tmp_path: Path, source: str) -> None:
    """Whatever the moment: nothing half-fetched is ever the model, and going on gives the whole of it.

    The moments are drawn by a seed, which is printed; set CARO_TEST_SEED to it to see the same again.
    """
    seed = os.environ.get("CARO_TEST_SEED") or str(random.randrange(1 << 32))  # noqa: S311
    print(f"CARO_TEST_SEED={seed}")  # noqa: T201  pytest shows it when the test fails
    data, port = make_bytes(), free_port()
    model = make_model(data, pieces=2)
    with serving() as server:
        server.offer(model, data)
        for wheel in build_wheels(tmp_path / "wheels", model, data):
            server.files[f"/{wheel.name}"] = wheel.read_bytes()
        # The hub sends its readers to the host of the bytes, which is behind the same relay.
        server.other_address = relay = f"http://127.0.0.1:{port}"
        hurry = {"PIP_RETRIES": "0", "PIP_DEFAULT_TIMEOUT": "5", "PIP_TRUSTED_HOST": "127.0.0.1"}
        home = Home(tmp_path, relay, links=f"{relay}/", extra=hurry)
        done = subprocess.run(
            [sys.executable, str(DRIVER), server.address, str(port), source, seed],
            env=home.environ() | {"PYTHONPATH": f"{home.environ()['PYTHONPATH']}:{DRIVER.parent}"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    assert len(outcomes) == 10
    for outcome in outcomes:
        assert outcome["cut"] == ("none" if outcome["error"] else "right"), outcome
        assert (outcome["again"], outcome["then"]) == ("", "right"), outcome
    assert any(outcome["error"] for outcome in outcomes), "no cut came in time to matter"

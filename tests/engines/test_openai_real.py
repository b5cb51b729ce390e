"""The engine for servers against real ones, with the 0.5B: what each does, and what stops when nobody listens.

The contract of all engines (`test_engine_contract.py`) is asked of each of them, too.
"""

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from commands import caro
from real_servers import KEY, SERVERS, RealServer
from user_home import Home

from caro_shell.config import Settings
from caro_shell.engines import Sampling, never
from caro_shell.engines.openai import OpenAIEngine
from caro_shell.engines.openai.check import examine_server
from caro_shell.errors import ServerError, Unusable
from caro_shell.prompt import Message, Place, build_messages

pytestmark = pytest.mark.model
Start = Callable[[RealServer], str]


@pytest.fixture(scope="module", params=SERVERS, ids=lambda server: server.name)
def server(request: pytest.FixtureRequest) -> RealServer:
    """Each server in turn."""
    found: RealServer = request.param
    return found


@pytest.fixture(scope="module")
def url(server: RealServer, real_server: Start) -> str:
    """Its address."""
    return real_server(server)


def ask(request: str) -> list[Message]:
    """Return the messages of a request as the product sends them."""
    return build_messages(request, Place("Linux", "GNU", "bash"))


@contextmanager
def opened(url: str, key: str = KEY, **more: str) -> Iterator[OpenAIEngine]:
    """Return a loaded engine for a server."""
    made = OpenAIEngine(Settings(base_url=url, api_key=key, server_timeout=120, **more), "/home/me")  # type: ignore[arg-type]
    made.load()
    try:
        yield made
    finally:
        made.close()


def test_the_whole_way_from_the_command_line(url: str, home: Home) -> None:
    """`caro` asks the daemon, the daemon the server; the memory of it says where it went, and no weights are here."""
    del home.environ["CARO_ENGINE"]
    home.environ |= {"CARO_BASE_URL": url, "CARO_API_KEY": KEY, "CARO_SERVER_TIMEOUT": "120"}
    done = caro(home, "--json", "list all files")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert "ls" in said["command"]
    assert said["engine"] == "openai"
    last = json.loads(caro(home, "last", "--json").stdout)
    assert last["reached"] == url
    assert last["sent"][1]["content"] == "list all files"
    assert examine_server(Settings(base_url=url, api_key=KEY)).startswith(f"{url} on this machine answers")


def test_a_wrong_key_is_one_sentence(url: str) -> None:
    """And the right one works after it."""
    with (
        opened(url, "wrong", server_model="m") as made,
        pytest.raises(ServerError, match="does not accept the key from CARO_API_KEY"),
    ):
        list(made.stream(ask("list all files"), Sampling(), never))


def test_a_secret_goes_there_and_back_without_leaving(url: str) -> None:
    """The model copies the word that stands for it into the command."""
    text = "Repeat this command: curl -H 'Authorization: Bearer abc123secret' https://example.org"
    with opened(url) as made:
        said = "".join(made.stream(ask(text), Sampling(max_tokens=60), never))
    assert "abc123secret" in said
    assert "abc123secret" not in made.received
    assert "CARO_SECRET_1" in made.received


def test_a_request_that_is_too_long_is_told_as_that(url: str, server: RealServer) -> None:
    """Each server has words of its own for it; llama-cpp-python's has begun to answer by then, and just stops."""
    with opened(url) as made, pytest.raises((Unusable, ServerError)) as caught:
        list(made.stream(ask("word " * 5000), Sampling(), never))
    says = "stopped in the middle" if "length" in server.gaps else "too long"
    assert says in caught.value.message


def test_what_each_server_names_its_model(url: str, server: RealServer) -> None:
    """The first of its list is asked, and shown without the directories of the server's disk."""
    request = urllib.request.Request(f"{url}/v1/models", headers={"Authorization": f"Bearer {KEY}"})  # noqa: S310
    with urllib.request.urlopen(request) as reply:  # noqa: S310  an address of our own
        names = [entry["id"] for entry in json.load(reply)["data"]]
    with opened(url) as made:
        list(made.stream(ask("list all files"), Sampling(max_tokens=4), never))
    assert made.model in names[0], server.name
    assert "/" not in made.model

"""Whether a server would answer: asked by `caro doctor`, without a request of the user's."""

import time

from caro_shell.config import Settings
from caro_shell.engines.openai.address import read_address
from caro_shell.engines.openai.exchange import StoppedError
from caro_shell.engines.openai.faults import Asked
from caro_shell.engines.openai.key import read_key
from caro_shell.engines.openai.server import Server, listed_models
from caro_shell.errors import ServerError

_MOST_S = 10.0


def examine_server(settings: Settings) -> str:
    """Return what was seen of the server in the settings; raises ServerError or ConfigError for what is wrong."""
    address, key = read_address(settings), read_key(settings)
    server = Server(address, settings.server_timeout)
    until = time.monotonic() + _MOST_S
    try:
        names = listed_models(server, Asked(address.host, key), lambda: time.monotonic() > until)
    except StoppedError:
        raise ServerError(f"{address.host} has said nothing for {_MOST_S:g} s.", "Is the server running?") from None
    finally:
        server.close()
    wanted = settings.server_model
    # Ollama lists `name:latest` and answers to `name`.
    if names and wanted and not {wanted, f"{wanted}:latest"} & set(names):
        few = Asked(address.host, key).shown(", ".join(names[:5]))
        raise ServerError(f"{address.host} has no model `{wanted}`, only {few}.", "caro config set server_model NAME")
    asked = wanted or (names[0] if names else "")
    if not asked:
        raise ServerError(f"{address.host} does not say which models it has.", "caro config set server_model NAME")
    place = "on this machine" if address.is_here else "on another machine"
    accepted = f", asked with the key from {key.origin}" if key.text else ", without a key"
    return f"{address.host} {place} answers{accepted}, with {Asked(address.host, key).shown(asked)}"

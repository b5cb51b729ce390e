"""Find out what a model's files must be, where the catalogue does not know: what its server says of them."""

from collections.abc import Callable
from pathlib import Path

from caro_shell.errors import ModelError
from caro_shell.models.catalogue import Model
from caro_shell.models.sources import NoAnswer, hub, hub_cache, url


def pin(model: Model, say: Callable[[str], None]) -> Model:
    """Return `model` with the size and the SHA-256 of each file, and its commit; raises ModelError.

    The hub's own word is taken for its files, or the cache's that has heard it. An address brings its hash itself.
    """
    asked = [("its own address", url.look_up)] if model.url else [("the hub", hub.look_up), ("", hub_cache.look_up)]
    reasons = []
    for title, look_up in asked:
        try:
            return look_up(model)
        except NoAnswer as reason:
            if title:
                say(f"{title} does not tell what {Path(model.files[0].remote).name} must be: {reason}")
                reasons.append(str(reason))
    raise ModelError(
        f"`{model.name}` cannot be had: its size and SHA-256 are not known here ({'; '.join(reasons)}).",
        "Mend the connection and try again, or bring it from another machine: caro models export, caro models import",
    )

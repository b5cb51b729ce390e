"""`caro models rm|verify`: throw away, and check what is kept."""

import argparse
import json
import sys

from caro_shell.cli import print_error
from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import catalogue, checksum, inventory, store
from caro_shell.models.catalogue import File, Model
from caro_shell.models.progress import Bar, size_text
from caro_shell.models.removal import remove


def rm_(words: argparse.Namespace, settings: Settings) -> int:
    """Remove models; the one in use only when that is meant."""
    models = catalogue.read_catalogue()
    wanted = [inventory.find(name, settings, models) for name in words.names]
    active = inventory.in_use(settings, models)
    for model in wanted:
        if model.name == active and not words.force:
            raise ModelError(
                f"`{model.name}` is the model in use, so nothing was removed.",
                "Use another one first: caro models use NAME; or say it again with --force",
            )
    for model in wanted:
        freed = remove(model, settings)
        shared = "" if freed else "; its bytes have another name elsewhere, and stay"
        print(f"caro: removed `{model.name}`, {size_text(freed)} freed{shared}", file=sys.stderr)
    return 0


def verify_(words: argparse.Namespace, settings: Settings) -> int:
    """Read every byte of models again; exit 1 when something is wrong."""
    models = catalogue.read_catalogue()
    own = [name for name in words.names if store.is_own_file(name)]
    wanted = [inventory.find(name, settings, models) for name in words.names if name not in own]
    if not words.names:
        wanted = inventory.here(settings, models)
        own = [settings.model] if store.is_own_file(settings.model) else []
    if not wanted and not own:
        raise ModelError("There is no model here to check.", "caro models pull")
    outcomes = [_verify(model, file, settings) for model in wanted for file in model.files]
    outcomes += [_verify_own(name, settings) for name in own]
    if words.json:
        print(json.dumps(outcomes, indent=2))
    else:
        for outcome in outcomes:
            print(f"{outcome['name']}  {outcome['state']}  {outcome['path']}")
    return 0 if all(outcome["state"] in {"right", "sound"} for outcome in outcomes) else 1


def _verify(model: Model, file: File, settings: Settings) -> dict[str, str]:
    path = store.file_path(file, settings)
    outcome = {"name": model.name, "path": str(path), "sha256": ""}
    try:
        with Bar(f"checking {model.name}", path.stat().st_size, sys.stderr) as bar:
            checksum.forget(path)
            outcome["sha256"] = checksum.file_sha256(path, bar.show if sys.stderr.isatty() else None)
    except FileNotFoundError:
        return outcome | {"state": "missing"}
    except OSError as error:
        return outcome | {"state": f"unreadable ({error.strerror})"}
    if not file.sha256:
        return outcome | {"state": "unknown (nobody has said what it should be)"}
    if outcome["sha256"] == file.sha256:
        checksum.remember(path, file.sha256)
        return outcome | {"state": "right"}
    print(f"caro: `{model.name}` is damaged; mend it: caro models pull {model.name}", file=sys.stderr)
    return outcome | {"state": "damaged"}


def _verify_own(name: str, settings: Settings) -> dict[str, str]:
    try:
        path = store.find_model(name, settings).path
    except ModelError as error:
        print_error(error)
        return {"name": name, "path": str(store.expand(name)), "sha256": "", "state": "unusable"}
    print(f"caro: no hash is known of {path}, a file of yours; its head is sound", file=sys.stderr)
    return {"name": path.name, "path": str(path), "sha256": "", "state": "sound"}

"""What --model means, by the checkout's own catalogue and with nothing but the standard library.

Called with the word, the file of that name or nothing, and `configured` where the word is the configuration's. Prints
two lines: the model or path that is used from now on, and its size for people. Status 3 says that it is a file of the
user's, which stays where it is; with status 1 the lines are what is wrong and what to do.
"""

import hashlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from caro_shell.errors import ModelError
from caro_shell.models.catalogue import Catalogue, read_catalogue
from caro_shell.models.progress import size_text
from caro_shell.models.reference import Kind, from_hub, from_url, kind_of

FETCHED, WRONG, OWN = 0, 1, 3
UNKNOWN = "of a size that its source knows"
Answer = tuple[int, str, str]


def name_of(path: str, models: Catalogue) -> Answer:
    """Return the model of the catalogue that a file is, to the hash; else the file is the user's own."""
    with Path(path).open("rb") as file:
        size = file.seek(0, 2)
        for model in models.values():
            if model.is_pinned and model.bytes == size and len(model.files) == 1:
                file.seek(0)
                if hashlib.file_digest(file, "sha256").hexdigest() == model.files[0].sha256:
                    return FETCHED, model.name, size_text(size)
    return OWN, path, ""


def meaning(wanted: str, given: str, *, configured: bool) -> Answer:
    """Return what is used, or what is wrong; a setting that is there already is not questioned."""
    models, kind = read_catalogue(), kind_of(wanted)
    if given:
        return name_of(given, models)
    try:
        if kind is Kind.AUTO:
            return FETCHED, wanted, "of the size that suits this machine"
        if kind is Kind.HUB:
            return FETCHED, from_hub(wanted).name, UNKNOWN
        if kind is Kind.URL:
            return FETCHED, from_url(wanted).name, UNKNOWN
    except ModelError as error:
        return WRONG, error.message, error.hint
    if wanted in models:
        return FETCHED, wanted, size_text(models[wanted].bytes) if models[wanted].bytes else UNKNOWN
    if configured:
        return OWN, wanted, ""
    return (
        WRONG,
        f"There is no model and no file called {wanted}.",
        "Try: --model tiny, --model small, --model auto, or the path of a GGUF file.",
    )


if __name__ == "__main__":
    status, *lines = meaning(sys.argv[1], sys.argv[2], configured=sys.argv[3] == "configured")
    sys.stdout.write("\n".join([*lines, ""]))
    sys.exit(status)

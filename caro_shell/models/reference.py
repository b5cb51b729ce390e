"""What the setting `model` may be, told apart by its form alone: nothing is looked up.

`auto` · a name, `small` or `small:q8_0` · a path · `owner/repo:file.gguf` of the Hugging Face hub · an https address
with its hash, `https://host/x.gguf#sha256=HEX`.
"""

import re
from enum import Enum
from urllib.parse import unquote, urlsplit

from caro_shell.errors import ModelError
from caro_shell.models.catalogue import File, Model, split_names

# The hub's own rule for the names of owners and repositories, less what could be a path.
_REPO = re.compile(r"(?P<repo>[\w-][\w.-]*/[\w-][\w.-]*):(?P<file>[^:]+\.gguf)", re.IGNORECASE)
_SPLIT = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE)
_SHA256 = re.compile(r"sha256=([0-9a-f]{64})", re.IGNORECASE)
_UNSAFE = re.compile(r"[^\w.-]+")
_MOST_PARTS = 999


class Kind(Enum):
    """The forms of the setting `model`."""

    AUTO = "auto"
    NAME = "name"
    PATH = "path"
    HUB = "hub"
    URL = "url"


def kind_of(name: str) -> Kind:
    """Return the form of `name`; what looks like an address is none of a file, whatever its scheme."""
    if name == "auto":
        return Kind.AUTO
    if "://" in name:
        return Kind.URL
    if _REPO.fullmatch(name):
        return Kind.HUB
    return Kind.PATH if "/" in name or name.startswith("~") or name.lower().endswith(".gguf") else Kind.NAME


def split_of(name: str) -> tuple[str, ...]:
    """Return the names of all the parts when `name` is a part of a split model, the first one first; else nothing."""
    match = _SPLIT.fullmatch(name)
    if not match or not 1 <= int(match["number"]) <= int(match["count"]) <= _MOST_PARTS:
        return ()
    return split_names(f"{match['stem']}.gguf", int(match["count"]))


def from_hub(name: str) -> Model:
    """Return what `owner/repo:file.gguf` stands for; its hash and its commit are not known yet."""
    match = _REPO.fullmatch(name)
    if not match or ".." in name or name.endswith("/.gguf"):
        raise ModelError(f"{name} is no file of the hub.", "Write it as owner/repo:file.gguf")
    remote = match["file"].strip("/")
    prefix = match["repo"].replace("/", "--")
    files = tuple(
        File(_UNSAFE.sub("--", f"hub--{prefix}--{part}"), remote_name=part) for part in split_of(remote) or (remote,)
    )
    repo = match["repo"]
    title = files[0].remote.rpartition("/")[2]
    return Model(name=f"{repo}:{files[0].remote}", title=title, files=files, about=f"From {repo}.", repo=repo)


def from_url(name: str) -> Model:
    """Return what an address stands for; raises ModelError unless it is https and brings its hash."""
    parts, file = urlsplit(name), ""
    hint = "Write it as https://host/file.gguf#sha256=HEX, with the 64 digits that its publisher gives."
    if parts.scheme.lower() != "https":
        raise ModelError(f"Weights are not fetched by {parts.scheme}, only by https.", hint)
    if parts.username or parts.password:
        raise ModelError("A model's address must not hold a password.", "Put it into ~/.netrc, which is read.")
    digest = _SHA256.fullmatch(parts.fragment)
    if not digest:
        raise ModelError("The model's address does not bring its SHA-256, so nothing could be checked.", hint)
    file = _UNSAFE.sub("-", unquote(parts.path.rpartition("/")[2]))
    if not parts.hostname or not file.lower().endswith(".gguf"):
        raise ModelError(f"{parts.hostname or name}{parts.path} is not the address of a GGUF file.", hint)
    if split_of(file):
        raise ModelError(
            "A part of a split model has an address, but the whole of it has no one hash.",
            "Fetch all its parts yourself, check them, and set `model` to the path of the first one.",
        )
    sha256 = digest[1].lower()
    return Model(
        name=f"{name.partition('#')[0]}#sha256={sha256}",
        title=file,
        files=(File(f"url--{sha256[:12]}--{file}", sha256=sha256, remote_name=file),),
        about=f"From {parts.hostname}.",
        url=name.partition("#")[0],
    )


def is_own_file(name: str) -> bool:
    """Tell whether `name` is the path of a file of the user's rather than something that caro fetches."""
    return kind_of(name) is Kind.PATH

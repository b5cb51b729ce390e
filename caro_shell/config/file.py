"""The configuration file, TOML that its user writes by hand: read with its lines, changed without losing a comment."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caro_shell.config.text import Table, parse, shown
from caro_shell.errors import ConfigError
from caro_shell.private_file import read_plain

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Item

# Nobody writes so much by hand; and of what is no TOML, reading takes longer than its length.
_MOST_BYTES = 64 * 1024
_UNCHANGED = "It is as it was. Look at the rights of its directory, and at the room on its disk."


def read(path: str) -> Table:
    """Return what the file says, nothing when there is none; raises ConfigError, with the line that is not TOML."""
    try:
        text = _text(Path(path))
    except FileNotFoundError:
        return Table()
    return parse(path, text)


def set_value(path: str, name: str, value: object) -> None:
    """Let the file say `name = value`; comments, order, mode and links stay, and it is replaced whole or not at all.

    Raises ConfigError when the file is not TOML, or cannot be written; it is as it was then.
    """

    def edit(document: "TOMLDocument") -> None:
        document[name] = _item(value)

    _change(path, edit, lambda before: {**before, name: value})


def unset_value(path: str, name: str) -> bool:
    """Take `name` out of the file; returns whether it was there. Raises ConfigError as `set_value` does."""
    if name not in read(path).values:
        return False

    def edit(document: "TOMLDocument") -> None:
        document.pop(name, None)

    _change(path, edit, lambda before: {key: value for key, value in before.items() if key != name})
    return True


def create(path: str, text: str) -> None:
    """Make the file, for its owner alone, unless it is there; raises ConfigError when it cannot be made."""
    with _said(path):
        file = Path(path).resolve()
        _make_directory(file.parent)
        with _alone_in(file.parent):
            _refuse_what_is_no_file(file)
            if not file.exists():
                _replace(file, text.encode())


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise ConfigError(
                f"{shown(str(file))} has more than {_MOST_BYTES // 1024} KiB.",
                "Is it caro's file? See: caro config path",
            )
        return read_plain(file).decode()
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        line = bytes(error.object[: error.start]).count(b"\n") + 1
        raise ConfigError(f"{shown(str(file))}:{line}: this line is not UTF-8.", "Mend it: caro config edit") from None
    except OSError as error:
        raise ConfigError(
            f"{shown(str(file))} cannot be read: {error.strerror}.", "Look at its rights, or move it away."
        ) from None
    except ValueError:
        # A NUL; no shell can say so, but another client can.
        raise ConfigError(f"{shown(str(file))} is no file's name.", "Set CARO_CONFIG to one.") from None


def _item(value: object) -> "Item":
    import tomlkit

    # The shell scripts read the file, too, and of the escapes of "…" they know the plain ones alone.
    if isinstance(value, str) and "\\" in value and "'" not in value and value.isprintable():
        return tomlkit.string(value, literal=True)
    return tomlkit.item(value)


def _change(
    path: str, edit: Callable[["TOMLDocument"], None], expect: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Edit the file as the only one meanwhile; what would not read as expected is not written."""
    import tomlkit

    with _said(path):
        # A file of dotfiles is a link: what it points to is replaced, not the link.
        file = Path(path).resolve()
        _make_directory(file.parent)
        with _alone_in(file.parent):
            _refuse_what_is_no_file(file)
            before = _text(file) if file.exists() else ""
            values = parse(path, before).values
            document = tomlkit.parse(before)
            edit(document)
            after = _with_line_ends_of(before, document.as_string())
            if not _same(parse(path, after).values, expect(values)):
                raise ConfigError(f"{shown(path)} cannot be changed without harm.", "Change it: caro config edit")
            _replace(file, after.encode())


@contextmanager
def _said(path: str) -> Iterator[None]:
    """Turn what the system, or tomlkit, complains about into one sentence."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        said = getattr(error, "strerror", None) or "its links go in a circle"
        raise ConfigError(f"{shown(path)} cannot be written: {said}.", _UNCHANGED) from None
    except ValueError as error:
        raise ConfigError(f"{shown(path)} cannot be written: {shown(str(error))}.", _UNCHANGED) from None


def _same(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    # By their looks: "not a number" differs from itself, and True equals 1.
    return {key: repr(value) for key, value in found.items()} == {key: repr(value) for key, value in expected.items()}


def _with_line_ends_of(before: str, after: str) -> str:
    if "\n" in before and before.count("\n") == before.count("\r\n"):
        return re.sub(r"(?<!\r)\n", "\r\n", after)
    return after


def _make_directory(directory: Path) -> None:
    for missing in reversed([each for each in (directory, *directory.parents) if not each.exists()]):
        missing.mkdir(0o700, exist_ok=True)
        _give(missing, missing.parent.stat())


def _give(path: Path | int, like: os.stat_result) -> None:
    """Let root, in a shell with somebody else's HOME, leave nothing there that its owner cannot use."""
    if os.getuid() == 0:
        os.chown(path, like.st_uid, like.st_gid)


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Keep a second writer waiting; the directory is locked, so that no other file has to be left there."""
    import fcntl

    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # some network file systems lock no directories
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _refuse_what_is_no_file(file: Path) -> None:
    # Newer Pythons leave a circle of links as it is.
    if file.is_symlink() or (file.exists() and not file.is_file()):
        raise ConfigError(f"{shown(str(file))} is not a file.", "Set CARO_CONFIG to one.")
    if file.exists() and not os.access(file, os.W_OK):
        raise ConfigError(f"{shown(str(file))} is read-only.", "Change it where it comes from.")


def _replace(file: Path, content: bytes) -> None:
    """Write a file whole or not at all; a new one is for its owner alone."""
    import tempfile

    like = file.stat() if file.exists() else None
    descriptor, fresh = tempfile.mkstemp(prefix=".config.", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            _give(out.fileno(), like or file.parent.stat())
            # After the owner, whose change takes bits away.
            os.fchmod(out.fileno(), stat.S_IMODE(like.st_mode) if like else 0o600)
            out.flush()
            os.fsync(out.fileno())
        Path(fresh).replace(file)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise

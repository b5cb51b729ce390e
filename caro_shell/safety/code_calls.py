"""What a call in another language does, by its name and the strings it is given, as shell commands."""

import re
import shlex
from collections.abc import Iterator, Sequence

# What calls of these names do, wherever they come from, by the last part of the name.
_RUNS = frozenset(
    """system system* cmd syscmd system popen exec execl execlp execv execvp execve execSync exec_sync spawn spawnSync
    spawnl spawnlp Popen run call check_call check_output getoutput getstatusoutput shell_exec passthru execFile
    execFileSync execute shell callCommand command sh doShellScript posix_spawn posix_spawnp spawnv spawnvp spawnve
    call-process start-process shell-command async-shell-command run_command qx proc_open pcntl_exec""".split()  # noqa: SIM905
)
REMOVES_ALL = frozenset(
    """Remove-Item ri del erase rmtree rm_rf rm_r remove_tree remove_dir_all rimraf rimrafSync rmSync rmdirSync rm
    remove_entry_secure deltree removeSync emptyDirSync remove_dir delete-directory rmdir_r delete_tree remove_directory
    DirectoryDelete secure_rm rm_tree removeItem deleteRecursively deleteDir delete-tree RemoveAll removeAll""".split()  # noqa: SIM905
)
REMOVES = frozenset("unlink unlinkSync remove delete rm_f rmfile delete-file".split())  # noqa: SIM905
# Calls that hand a statement to a database.
_ASKS = frozenset(
    """execute executescript executemany exec exec_driver_sql query raw do run prepare executeQuery executeUpdate text
    exec_query ExecuteNonQuery $executeRaw $queryRaw executeSql command""".split()  # noqa: SIM905
)
_STATEMENT = re.compile(r"\s*(?:drop|truncate|delete|update|alter)\s", re.IGNORECASE)
_MOVES = frozenset("move rename renameSync replace renames mv moveSync".split())  # noqa: SIM905
_COPIES = frozenset("copyfile copyFileSync copy copy2 copyFile cp copytree cpSync".split())  # noqa: SIM905
_WRITES = frozenset(
    """open writeFileSync writeFile truncateSync write_text write_bytes file_put_contents write
    truncate""".split()  # noqa: SIM905
)


def done(name: str, values: Sequence[str], *, lists: bool) -> Iterator[str]:
    """Yield the commands that a call of `name` with these strings comes to."""
    name = name.rstrip("!")
    if not values:
        return
    if name in _ASKS and _STATEMENT.match(values[0]):
        yield f"psql -c {shlex.quote(values[0])}"
    if name in _RUNS:
        if lists or (len(values) > 1 and " " not in values[0]):
            # A home that stands by itself has been put there for what means it.
            yield " ".join(as_word(value) if value.startswith("~") else shlex.quote(value) for value in values)
        else:
            # Strings side by side are one text: "rm -rf " ENVIRON["HOME"].
            yield "".join(values) if values[0].endswith(" ") else values[0]
    elif name in REMOVES_ALL or (name in ("delete", "rmdir") and set(values[1:]) & {"rf", "s"}):
        yield f"rm -rf {as_word(values[0])}"
    elif name in REMOVES:
        yield f"rm {as_word(values[0])}"
    elif name in _MOVES and len(values) > 1:
        yield f"mv {as_word(values[0])} {as_word(values[1])}"
    elif name in _COPIES and len(values) > 1:
        yield f"cp -f {as_word(values[0])} {as_word(values[1])}"
    elif name in _WRITES and _overwrites(name, values):
        yield f": > {as_word(values[0])}"


def _overwrites(name: str, values: Sequence[str]) -> bool:
    """Say whether a file is opened for writing, or written as a whole."""
    if name == "write":
        return len(values) > 1 and values[0].startswith(("/", "~"))
    return name != "open" or any(value[:1] == "w" or "+" in value[:3] for value in values[1:2])


def as_word(text: str) -> str:
    """Return a path as a word of the shell's."""
    # A path that begins in the home directory has to stay readable as one, and so has a pattern.
    return text if re.fullmatch(r"[~\w./*@+-]+", text) else shlex.quote(text)

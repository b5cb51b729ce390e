"""What the daemon has done while nobody asks: the index of local knowledge is filled, by a process of its own."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from caro_shell.config import Settings
from caro_shell.daemon.manners import Manners

if TYPE_CHECKING:
    from caro_shell.retrieval.background import Indexing


class SpareTime:
    """Begins where somebody has asked and the setting `hints` is on; ends at once when somebody asks.

    On battery, and while memory is short, there is none.
    """

    def __init__(self, environ: Mapping[str, str], manners: Manners) -> None:
        """Begin nothing; `environ` is the daemon's own, `manners` know whether the machine can spare it."""
        self._environ = environ
        self._manners = manners
        self._path = ""
        self._indexing: Indexing | None = None

    def end(self, path: str = "") -> None:
        """Have what is being done stop: a request has come, from a shell with this PATH, or the daemon leaves."""
        self._path = path or self._path or self._environ.get("PATH", "")
        if self._indexing is not None:
            self._indexing.stop()

    def use(self, idle_s: float, settings: Settings) -> None:
        """Go on with what there is to do; nobody has asked for `idle_s` seconds."""
        if settings.hints != "on" or not self._manners.may_prepare():
            if self._indexing is not None:
                self._indexing.stop()
        elif self._path:
            self._indexing = self._indexing or self._create()
            self._indexing.go_on(idle_s, self._path, history=settings.history == "on")

    def _create(self) -> "Indexing":
        # SQLite takes time and memory that many a daemon never needs.
        from caro_shell.retrieval import index_file
        from caro_shell.retrieval.background import Indexing

        return Indexing(index_file(), self._environ)

"""Server-sent events, by the HTML standard 9.2.6: bytes in, the data of each event out."""

_LONGEST = 1_000_000


class TooLongError(Exception):
    """A line that is longer than any answer."""


class EventReader:
    """Takes the body as it comes, cut anywhere; gives the `data` of the events in it."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._rest = b""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[str]:
        """Return the data of the events that are complete now; raises TooLongError, UnicodeDecodeError."""
        *lines, self._rest = (self._rest + chunk).replace(b"\r\n", b"\n").split(b"\n")
        if len(self._rest) > _LONGEST:
            raise TooLongError
        return [data for line in lines for data in self._line(line)]

    def finish(self) -> list[str]:
        """Return what an end without an empty line leaves; servers are not strict about the last one."""
        return [*self._line(self._rest), *self._line(b"")]

    def _line(self, line: bytes) -> list[str]:
        if len(line) > _LONGEST:
            raise TooLongError
        line = line.rstrip(b"\r")
        if not line:
            data, self._data = "\n".join(self._data), []
            return [data] if data else []
        name, _colon, value = line.partition(b":")
        # llama-server once sent its errors under a name of their own.
        if name in {b"data", b"error"}:
            self._data.append(value.removeprefix(b" ").decode())
        return []

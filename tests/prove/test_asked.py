"""Right answers to what people ask: none of them is a surprise."""

from pathlib import Path

import pytest
from surprised import said

CASES = [
    (*line.split("\t"), "")[:3]
    for line in Path(__file__).with_name("cases").joinpath("asked.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
DIRECTORIES = ("src", "build", "node_modules", "logs", "out", "tmp", "docs", "backup", "photos")
FILES = (
    *(".env", ".gitignore", "Makefile", "README.md", "a.txt", "access.log", "app.log", "b.txt", "backup.sql"),
    *("config.yaml", "config.yml", "data.csv", "draft1.txt", "error.log", "logs/x.log", "main.py", "notes.txt"),
    *(
        "old.tar.gz",
        "out.txt",
        "package.json",
        "photo.jpg",
        "report.pdf",
        "sales.csv",
        "src/a.py",
        "test.py",
        "todo.md",
    ),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the files and directories that the cases name."""
    made = tmp_path_factory.mktemp("asked")
    for directory in DIRECTORIES:
        (made / directory).mkdir()
    for name in FILES:
        (made / name).write_text("x")
    return made


@pytest.mark.parametrize(("request_", "command", "before"), CASES)
def test_a_right_answer_is_no_surprise(request_: str, command: str, before: str, place: Path) -> None:
    """By whatever words it is asked for."""
    assert said(request_, command, place, before) == []

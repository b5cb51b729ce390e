"""`python -m training build-data`: the same order makes the same files, and each row says where it is from."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from caro_shell.examples import with_examples
from caro_shell.prompt import NO_COMMAND, Place, build_messages, hinted_request, tuned_messages
from training.build import Order, Report, evals_guard, is_valid, kept_pairs
from training.commands import main
from training.overlap import Guard
from training.pairs import LINUX_BASH, LINUX_FISH, Pair, messages_of
from training.sources.reminded import reminded

DATA: dict[str, list[dict[str, Any]]] = {
    "nl2bash": [
        {
            "request": "Show the number of hard links of every inode below /srv/frob",
            "command": "find /srv/frob -printf '%n %i\\n'",
        },
        {"request": "how does frob.txt start out", "command": "head -5 frob.txt"},
    ],
    "tldr": [
        {
            "tool": "od",
            "platform": "common",
            "about": "",
            "description": "Show a file in octal",
            "template": "od {{path/to/file}}",
        },
    ],
    "workflows": [{"request": "List platforms", "description": "", "template": "ns platform list", "arguments": {}}],
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder like that of the public pairs."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name, rows in DATA.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


INTENTS = """
[[intent]]
id = "blocks"
asks = ["how many blocks does {f} take up on its disk", "blocks taken by {f}", "{f}: blocks, sizes and devices, please"]
command = "stat -c '%b %d' {f}"
bsd = "stat -f '%b %d' {f}"
slots = { f = "file" }
[[intent]]
id = "a-task"
asks = ["make a tar.gz of the folder site called site.tar.gz"]
command = "tar -czf site.tar.gz site"
"""


@pytest.fixture
def intents(tmp_path: Path) -> Path:
    """A folder of intents; one of them is a task of evals/."""
    folder = tmp_path / "intents"
    folder.mkdir()
    (folder / "disk.toml").write_text(INTENTS, encoding="utf-8")
    return folder


def built(out: Path, intents: Path, *arguments: str) -> list[dict[str, Any]]:
    """Return the rows that the verb writes."""
    assert main(["build-data", "--out", str(out), "--intents", str(intents), *arguments]) == 0
    return [
        json.loads(line)
        for name in ("train", "valid")
        for line in (out / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]


def test_the_same_order_makes_the_same_files(tmp_path: Path, data: Path, intents: Path) -> None:
    """To the byte; each row has its messages, command, place, source and licence; the report adds up."""
    rows = built(tmp_path / "a", intents, "--data", str(data))
    built(tmp_path / "b", intents, "--data", str(data))
    for name in ("train.jsonl", "valid.jsonl", "report.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert {(row["source"], row["licence"]) for row in rows} == {
        ("own", "Apache-2.0"),
        ("nl2bash", "MIT"),
        ("tldr", "CC-BY-4.0"),
        ("workflows", "Apache-2.0"),
    }
    report = json.loads((tmp_path / "a" / "report.json").read_text("utf-8"))
    assert sum(report["kept"].values()) == len(rows)
    assert report["dropped"]["nl2bash"] == {"deprecated": 1}
    assert set(report["own intents that lost pairs"]["disk:a-task"]) == {"like the request of a task"}
    assert {row["origin"] for row in rows if row["source"] == "own"} == {"disk:blocks"}
    for source, drawn in report["drawn"].items():
        assert drawn == report["kept"][source] + sum(report["dropped"].get(source, {}).values())
    guard = evals_guard(short=4)
    assert not [row for row in rows if guard.resemblance(row["messages"][-1]["content"], row["command"])]
    for row in rows:
        request = row["messages"][-1]["content"]
        assert row["messages"] == [one._asdict() for one in tuned_messages(request, Place(**row["place"]))]


def test_nothing_is_on_both_sides() -> None:
    """Two pairs whose commands differ in names only are learnt from both, or tried on both."""
    sides = {
        is_valid(Pair(f"size of {name}", f"du -sh {name}", LINUX_FISH, "own", "x", "x"))
        for name in ("a/b", "~/c", "d.e")
    }
    assert len(sides) == 1


def test_one_command_and_find_do_not_take_it_all() -> None:
    """So much of `find` as is ordered, and four ways of asking for one command."""

    def drawn(tool: str, commands: list[str]) -> list[Pair]:
        return [Pair(f"wish {n}", one, LINUX_BASH, "nl2bash", tool, "x") for n, one in enumerate(commands)]

    report = Report()
    finds = drawn("find", [f"find . -name 'a{n}'" for n in range(5)])
    assert len(kept_pairs(finds, Order(None, most_find=2), Guard([]), report)) == 2
    assert report.dropped["nl2bash"] == {"enough of find": 3}
    report = Report()
    assert len(kept_pairs(drawn("who", ["who -a"] * 6), Order(None), Guard([]), report)) == 4
    assert report.dropped["nl2bash"] == {"the same command too often": 2}
    report = Report()
    assert len(kept_pairs(drawn("who", ["who -a"])[:1] * 2, Order(None), Guard([]), report)) == 1
    assert report.dropped["nl2bash"] == {"asked before": 1}


def test_another_seed_is_another_draw(tmp_path: Path, intents: Path) -> None:
    """Of the same intents."""
    first, second = (built(tmp_path / seed, intents, "--seed", seed) for seed in ("1", "2"))
    assert {row["origin"] for row in first} == {row["origin"] for row in second}
    assert [row["messages"] for row in first] != [row["messages"] for row in second]


def test_a_prompt_is_one_of_the_products(tmp_path: Path, intents: Path) -> None:
    """That of tuned weights, or that of others, with its examples where asked for."""
    pair = Pair("list", "ls", LINUX_FISH, "own", "x", "x")
    product = build_messages("list", LINUX_FISH)
    assert messages_of(pair, "product") == product
    assert messages_of(pair, "examples") == with_examples(product, LINUX_FISH)
    assert messages_of(pair, "tuned") == tuned_messages("list", LINUX_FISH)
    rows = built(tmp_path / "out", intents, "--prompt", "product")
    assert {row["messages"][0]["content"] for row in rows} == {
        build_messages("", Place(**row["place"]))[0].content for row in rows
    }


def test_lines_that_ask_for_no_command_are_learnt_from(tmp_path: Path, intents: Path) -> None:
    """From the file beside the intents, on either side of the split, each line with the one answer to it."""
    lines = [f"thanks, that was number {number}" for number in range(60)]
    kinds = f'[[requests]]\nkind = "thanks"\nen = {json.dumps(lines)}\n'
    intents.with_name("no_command.toml").write_text(kinds, encoding="utf-8")
    rows = [row for row in built(tmp_path / "out", intents) if row["gesture"] == "none"]
    assert {row["messages"][-1]["content"] for row in rows} == set(lines)
    assert {row["command"] for row in rows} == {NO_COMMAND}
    assert 0 < len((tmp_path / "out" / "valid.jsonl").read_text("utf-8").splitlines()) < len(rows)


def test_data_that_is_not_there_is_said(tmp_path: Path, intents: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence, no traceback, before anything is drawn."""
    order = ["--out", str(tmp_path / "out"), "--intents", str(intents), "--data", str(tmp_path / "no")]
    assert main(["build-data", *order]) == 1
    assert capsys.readouterr().err == f"There is no {tmp_path}/no/nl2bash.jsonl.\n"


def test_check_counts_what_is_there(intents: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For whoever writes intents."""
    assert main(["check", str(intents / "disk.toml")]) == 0
    assert capsys.readouterr().out == "2 intents and variants, 4 ways of asking.\n"


def test_some_requests_have_what_the_user_ran_behind_them() -> None:
    """As the product puts it; half of the lines are to be followed, whatever their command is, and others left."""
    pairs = [
        Pair(f"size of {name} and its kin", f"du -sh {name}", LINUX_FISH, "own", "x", f"x:{name[:1]}")
        for name in (f"{letter}{number}" for letter in "abcdefgh" for number in range(200))
    ]
    found = list(reminded(pairs, Random(1)))
    by_request = {pair.request: pair.command for pair in pairs}
    assert 40 < len(found) < 160
    followed = 0
    for pair in found:
        request, heading, line = pair.request.split("\n")
        said, _, ran = line.removeprefix("- ").partition(": ")
        assert pair.request == hinted_request(request, [f"{said}: {ran}"])
        assert (heading, pair.gesture) == ("Known here:", "reminded")
        followed += pair.command == ran
        assert pair.command in (ran, by_request[request])
    assert 0.25 < followed / len(found) < 0.6

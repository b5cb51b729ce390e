"""`caro doctor --fix`, `--json` and `--report`: what is done, and what leaves the machine."""

import json
import os
import stat
from pathlib import Path

import pytest
from commands import caro
from user_home import Home

from caro_shell.doctor.finding import Finding, Surroundings
from caro_shell.doctor.report import report_text, write_report
from caro_shell.errors import CaroError, UsageError

NOWHERE = "/nonexistent"
"""A PATH on which no shell is found, so that none is started."""


def test_what_is_safe_is_mended_and_said(home: Home) -> None:
    """The first run names it and marks it, the one with --fix does it, and then it is well."""
    run = Path(home.runtime)
    run.mkdir(parents=True, mode=0o755)
    run.chmod(0o755)
    assert f"wrong* runtime directory: {run} is open to others" in caro(home, "doctor", PATH=NOWHERE).stdout
    assert stat.S_IMODE(run.stat().st_mode) == 0o755
    told = caro(home, "doctor", "--fix", "--json", PATH=NOWHERE).stdout
    found = {one["name"]: one for one in json.loads(told)}["runtime directory"]
    assert found["ok"]
    assert found["fixed"] == f"made {run} yours alone, mode 0700"
    assert stat.S_IMODE(run.stat().st_mode) == 0o700


def test_a_report_is_private_and_not_written_over(home: Home) -> None:
    """It is said what is in it, and that it is to be read first."""
    report = home.path / "report.txt"
    done = caro(home, "doctor", "--report", str(report), PATH=NOWHERE)
    assert "read it before you send it" in done.stderr
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text()
    assert str(home.path) not in text.replace(str(report), "")
    assert "# findings" in text
    again = caro(home, "doctor", "--report", str(report), PATH=NOWHERE)
    assert again.returncode == 2
    assert "already" in again.stderr


def test_secrets_names_and_requests_are_not_in_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in what was found, nor in variables, nor in the log."""
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    log = run / "daemon.log"
    log.touch(mode=0o600)
    log.write_text(
        "INFO w: asked 'my private words', answered 'ls'\nINFO w: kept ghp_0123456789abcdefghijABCDEFGHIJ012345\n"
    )
    environ = {
        "HOME": str(tmp_path),
        "USER": "annabel",
        "CARO_RUNTIME_DIR": str(run),
        "CARO_API_KEY": "sk-not-to-be-seen",
        "https_proxy": "http://annabel:topsecretword@proxy:3128",
        "UNRELATED": "unrelated-value",
    }
    finding = Finding("x", ok=False, seen=f"{tmp_path}/file of annabel", mend="do")
    text = report_text([finding], Surroundings(environ))
    for secret in ("my private words", "ghp_0123", "sk-not", "topsecretword", "unrelated", "annabel", str(tmp_path)):
        assert secret not in text, secret
    assert "wrong  x: ~/file of USER" in text
    assert "CARO_API_KEY=(set)" in text


def test_a_report_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """A link is not followed, either."""
    around = Surroundings({"HOME": str(tmp_path), "CARO_RUNTIME_DIR": str(tmp_path / "run")})
    with pytest.raises(CaroError, match="cannot be written"):
        write_report([], around, tmp_path / "none" / "report")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="already"):
        write_report([], around, tmp_path / "link")
    assert not os.path.lexists(tmp_path / "elsewhere")


def test_a_healthy_machine_has_no_findings(home: Home) -> None:
    """With a model, a shell that loads caro, and caro on the PATH."""
    home.real_model("tiny")
    (home.path / "bin").mkdir()
    (home.path / "bin" / "caro").symlink_to("/bin/true")
    (home.path / ".bashrc").write_text(caro(home, "init", "bash").stdout)
    path = f"{home.path / 'bin'}:{os.environ['PATH']}"
    done = caro(home, "doctor", "--json", SHELL="/bin/bash", PATH=path)
    assert [one for one in json.loads(done.stdout) if not one["ok"]] == []
    assert done.returncode == 0

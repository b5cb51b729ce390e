"""What other package managers and plugin managers read: their syntax, and that it says what the project says."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from user_home import need, need_program

ROOT = Path(__file__).parents[2]
FORMULA = ROOT / "packaging" / "homebrew" / "caro-shell.rb"
NIX = ROOT / "packaging" / "nix" / "default.nix"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Names that nixpkgs has for what the index calls otherwise.
IN_NIXPKGS = {"tree-sitter-grammars.tree-sitter-bash": "tree-sitter-bash"}


def run(*words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run a program that reads a file and says what is wrong with it."""
    return subprocess.run(words, env={**os.environ, **environ}, capture_output=True, text=True, check=False)


def test_ruby_can_read_the_formula() -> None:
    """`ruby -c`: the syntax alone, since Homebrew's own words are only known to it."""
    done = run(need_program("ruby"), "-c", str(FORMULA))
    assert done.returncode == 0, done.stderr


def test_the_formula_links_what_the_wheel_brings() -> None:
    """Man page and completions are where pyproject.toml has them put, and the Python is one that caro takes."""
    text = FORMULA.read_text(encoding="utf-8")
    shared = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"].values()
    assert sorted(re.findall(r'libexec/"(share/[^"]+)"', text)) == sorted(shared)
    (version,) = set(re.findall(r"python@?(3\.\d+)", text))
    assert version in versions()


def test_nix_can_read_the_expression(tmp_path: Path) -> None:
    """Parsed, not built: that takes nixpkgs."""
    if sys.platform == "darwin":
        pytest.skip("Nix is no package of a Mac's")
    # A user without a store of Nix's may parse, too.
    places = {f"NIX_{name}_DIR": str(tmp_path / name) for name in ("STORE", "STATE", "LOG", "CONF")}
    done = run(need_program("nix-instantiate"), "--parse", str(NIX), HOME=str(tmp_path), **places)
    assert done.returncode == 0, done.stderr


def test_the_expression_names_what_the_project_needs() -> None:
    """Each requirement once, and nothing else."""
    text = NIX.read_text(encoding="utf-8")
    listed = re.search(r"dependencies = with python3\.pkgs; \[(.*?)\]", text, re.DOTALL)
    assert listed
    named = [IN_NIXPKGS.get(name, name) for name in listed[1].split()]
    assert named == [re.split(r"[<>=!~ ;\[]", line)[0] for line in PROJECT["project"]["dependencies"]]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_one(workflow: Path) -> None:
    """By GitHub's own schema, as check-jsonschema brings it along."""
    if not find_spec("check_jsonschema"):
        need("check-jsonschema is not installed")
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(workflow)]
    done = run(*words)
    assert done.returncode == 0, done.stdout + done.stderr


def jobs_of(workflow: Path) -> dict[str, Any]:
    """Return the jobs by their names."""
    return dict(YAML(typ="safe").load(workflow.read_text(encoding="utf-8"))["jobs"])


def steps(workflow: Path) -> list[dict[str, Any]]:
    """Return the steps of all jobs."""
    return [step for job in jobs_of(workflow).values() for step in job["steps"]]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_workflow_runs_is_good_shell(workflow: Path, tmp_path: Path) -> None:
    """The linter reads each step as GitHub runs it; expressions of its own stand for words."""
    shellcheck = Path(sys.executable).with_name("shellcheck")
    if not shellcheck.exists():
        need("shellcheck is not installed")
    scripts = [step["run"] for step in steps(workflow) if "run" in step]
    assert scripts
    for number, script in enumerate(scripts):
        file = tmp_path / f"{number}.bash"
        file.write_text("set -eo pipefail\n" + re.sub(r"\$\{\{.*?\}\}", "word", script))
        done = run(str(shellcheck), "-s", "bash", "--severity", "warning", str(file))
        assert done.returncode == 0, done.stdout


def versions() -> set[str]:
    """Return the Pythons that the project says it runs with."""
    named = (line.rpartition(" :: ")[2] for line in PROJECT["project"]["classifiers"])
    return {version for version in named if re.fullmatch(r"3\.\d+", version)}


def test_every_python_is_tested() -> None:
    """By the workflow on each system, and by the script for a machine of one's own."""
    assert f">={min(versions(), key=lambda version: int(version[2:]))}" == PROJECT["project"]["requires-python"]
    (workflow,) = WORKFLOWS
    jobs = jobs_of(workflow)
    for system in ("linux", "mac"):
        assert set(jobs[system]["strategy"]["matrix"]["python"]) == versions()
    script = (ROOT / "tests" / "versions" / "pythons.py").read_text(encoding="utf-8")
    assert set(re.findall(r'"(3\.\d+)"', script.partition("VERSIONS = ")[2].partition("\n")[0])) == versions()


def test_no_step_hides_a_failure_behind_a_negation() -> None:
    """`! command` never ends a script of bash's with -e; each is followed by what to do then."""
    for workflow in WORKFLOWS:
        for step in steps(workflow):
            for line in step.get("run", "").splitlines():
                assert not line.startswith("! "), line

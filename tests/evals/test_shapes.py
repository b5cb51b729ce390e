"""What cannot be run is read: the words count, not how they are written."""

import pytest

from evals.shapes import Shape, objection

LISTED = Shape(("docker", "ps|ls|list", "-a|--all"), ("container", "--no-trunc", "-s|--size"))


@pytest.mark.parametrize(
    "command",
    [
        "docker ps -a",
        "docker ps --all",
        "docker container ls --all",
        "docker ps -as",
        "docker ps -sa",
        "docker ps --no-trunc -a",
        "\"docker\" ps '-a'",
        "docker ps -a  # all of them",
    ],
)
def test_one_shape_has_many_spellings(command: str) -> None:
    """Quotes, the order of options, bundles and comments do not matter."""
    assert objection(command, [LISTED]) == ""


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("docker ps", "-a|--all is missing"),
        ("docker ps -aq", "-q is too much"),
        ("docker ps -a | wc -l", "| is too much"),
        ("docker ps -a; true", "; is too much"),
        ("docker ps -a 'x", "it cannot be read"),
        ("", "it cannot be read"),
    ],
)
def test_anything_else_fails_with_a_reason(command: str, why: str) -> None:
    """What is missing is said before what is too much."""
    assert objection(command, [LISTED]) == why


@pytest.mark.parametrize(
    ("words", "right", "wrong"),
    [
        (
            ("docker", "run", "-d", "-p 8080:80", "nginx"),
            "docker run -d -p8080:80 nginx",
            "docker run -d -p 80:8080 nginx",
        ),
        (("tail", "-n 5", "x"), "tail -n5 x", "tail -n 6 x"),
        (("kubectl", "logs", "--tail 100", "api"), "kubectl logs api --tail=100", "kubectl logs api --tail=10"),
        (("kubectl", "exec", "-i", "-t", "api", "--", "sh"), "kubectl exec -it api -- sh", "kubectl exec -i api -- sh"),
        (("docker", "stop", "docker", "ps", "-q"), "docker stop $(docker ps -q)", "docker stop docker"),
        (("docker", "stop", "docker", "ps", "-q"), 'docker stop "`docker ps -q`"', "docker stop $(docker ps -a)"),
        (("x", r"/^\$\(pwd\):/src$/"), 'x "$(pwd):/src"', "x $(pwd):/dst"),
        (("docker", "pull", "/^nginx(:.*)?$/|/^library/nginx$/"), "docker pull nginx:1.27", "docker pull mynginx"),
        (("docker", "pull", "/^nginx(:.*)?$/|library/nginx"), "docker pull library/nginx", "docker pull nginxy"),
        (("brew", "update", "&&", "brew", "upgrade"), "brew update && brew upgrade", "brew update; brew upgrade"),
        (("journalctl", "2>", "/dev/null"), "journalctl 2>/dev/null", "journalctl >/dev/null"),
        (("make", "2>&1", "|", "tee", "log"), "make 2>&1 | tee log", "make | tee log"),
        (("env", "$HOME"), "env ${HOME}", "env $PWD"),
        (("cat", "/etc/fstab|/etc/mtab"), "cat /etc/mtab", "cat /etc"),
    ],
)
def test_elements_of_a_shape(words: tuple[str, ...], right: str, wrong: str) -> None:
    """Words side by side, expressions, what a command prints, lists and redirections."""
    assert objection(right, [Shape(words)]) == ""
    assert objection(wrong, [Shape(words)]) != ""


def test_operands_have_an_order_where_it_matters() -> None:
    """`order` names what stands behind what."""
    shape = Shape(("rsync", "-a", "here/", "there/"), (), ("here/", "there/"))
    assert objection("rsync here/ there/ -a", [shape]) == ""
    assert objection("rsync -a there/ here/", [shape]) == "there/ is not where it should be"


def test_one_of_several_shapes_is_enough() -> None:
    """The reason given is the first one's."""
    shapes = [Shape(("apt", "search", "jq")), Shape(("apt-cache", "search", "jq"))]
    assert objection("apt-cache search jq", shapes) == ""
    assert objection("apt install jq", shapes) == "search is missing"


def test_a_token_is_used_once() -> None:
    """Two words of one kind need two of them."""
    assert objection("cp a a", [Shape(("cp", "a", "a"))]) == ""
    assert objection("cp a", [Shape(("cp", "a", "a"))]) == "a is missing"

"""Every rule of danger does what its own examples say, and a rule that could never be right is refused."""

import pytest

from caro_shell.safety import rules
from caro_shell.safety.judge import judge
from caro_shell.safety.targets import CLASSES

RULES = rules.shipped()
BAD = ("high", "critical")
# Their examples need a place to stand in, or an input: the corpus has them.
NEEDS_MORE = ("key-replaced",)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_keeps_to_its_examples(rule: rules.Rule) -> None:
    """What it must find is high at least, by this very rule; what it must not is moderate at most."""
    for command in rule.must:
        found = judge(command)
        assert found.level in BAD, command
        assert rule.id in [reason.rule for reason in found.reasons], command
    for command in rule.must_not:
        assert judge(command).level not in BAD, (command, judge(command).reasons)


def test_every_rule_has_examples_and_a_name_of_its_own() -> None:
    """Those of high or critical level say what they find and what they leave alone."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.must_not, rule.id
        assert rule.must or rule.level in ("moderate", "safe") or rule.kinds or rule.id in NEEDS_MORE, rule.id


def test_a_sentence_names_a_target_only_where_there_is_one() -> None:
    """What a rule says is what people read: nothing is left open in it."""
    for rule in RULES:
        assert "{target}" not in rule.says or rule.effect or rule.targets, rule.id


def test_every_effect_and_class_is_known() -> None:
    """A slip of the pen in the data is found here, not when it matters."""
    for effect, levels in rules.levels().items():
        assert set(levels) <= set(CLASSES), effect
        assert set(levels.values()) <= set(rules.LEVELS), effect
    for rule in RULES:
        assert set(rule.kinds) <= set(CLASSES), rule.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rule]]\nid='x'\nsays='y'\nlevel='high'\ncolour='red'", "has no field `colour`"),
        ("[[rule]]\nid='x'\nsays='y'", "needs either `level` or `effect`"),
        ("[[rule]]\nid='x'\nsays='y'\nlevel='bad'", "`level` of the rule `x` is one of safe, moderate"),
        ("[[rule]]\nid='x'\nsays='y'\neffect='bad'", "`effect` of the rule `x` is one of"),
        ("[[rule]]\nid='x'\nsays='y'\nlevel='high'\nwhen='bad'", "`when` of the rule `x` is one of"),
        ("[[rule]]\nid='x'\nsays='y'\nlevel='high'\nwords='('", "is no regular expression"),
        ("[[rule]]\nid='x'\nlevel='high'", "needs `id` and `says`"),
    ],
)
def test_a_rule_that_could_never_be_right_is_refused(text: str, said: str) -> None:
    """The sentence names the file, the rule and the field."""
    with pytest.raises(rules.RuleError, match=said):
        rules.read_rules(text, "mine.toml")

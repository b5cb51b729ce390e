"""How dangerous a command is, and why: its calls against the rules, each effect by what it happens to."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from caro_shell.safety import rules as rulebook
from caro_shell.safety.aliases import readings
from caro_shell.safety.call import Call
from caro_shell.safety.conditions import CONDITIONS
from caro_shell.safety.fetched import fetched_by
from caro_shell.safety.grammar import parse
from caro_shell.safety.options import Options, read_options
from caro_shell.safety.reader import Reader
from caro_shell.safety.rules import Rule, Rules, pattern, worst
from caro_shell.safety.targets import Facts, Target, classify, phrase
from caro_shell.safety.unwrap import unwrap
from caro_shell.safety.words import TILDE, Word, shown

# A line longer than this was not typed, and nobody reads it before Enter.
MOST_CHARACTERS = 200_000
_NOWHERE: frozenset[str] = frozenset()
# What chmod and its like take before the files.
_MODE = re.compile(r"[0-7]+$|[ugoa]*[-+=]")


@dataclass(frozen=True)
class Reason:
    """Why a command has its level: what does it, to what, on whose behalf."""

    level: str
    sentence: str
    rule: str
    chain: tuple[str, ...] = ()
    """What runs it, outermost first, and the command itself: `xargs`, `rm`."""
    span: tuple[int, int] = (0, 0)
    """Where it stands in the command, in characters."""


@dataclass(frozen=True)
class Judgement:
    """The level of a command, and the reasons, worst first."""

    level: str = "safe"
    reasons: tuple[Reason, ...] = ()


def judge(command: str, shell: str = "bash", facts: Facts | None = None, more: Sequence[Rule] = ()) -> Judgement:
    """Return how dangerous `command` is; `more` are rules of the user's."""
    facts = facts or Facts()
    if len(command) > MOST_CHARACTERS:
        return _found([Reason("high", "it is too long to be judged", "too-long", (), (0, len(command)))])
    try:
        read = [
            list(Reader(parse, unwrap, shell).read(text, scope)) for text, scope in readings(command, facts.aliases)
        ]
    except RecursionError:
        return _found([Reason("high", "it is nested too deeply to be judged", "too-deep", (), (0, len(command)))])
    books = [rulebook.shipped_index(), *([rulebook.index(more)] if more else [])]
    reasons: list[Reason] = []
    for calls in read:
        for call, fetched in zip(calls, fetched_by(calls), strict=True):
            reasons += _reasons(call, fetched, facts, books)
        reasons += _bombs(calls)
    return _found([replace(reason, span=_characters(command, reason.span)) for reason in reasons])


def _characters(command: str, span: tuple[int, int]) -> tuple[int, int]:
    data = command.encode("utf-8", "replace")
    start = len(data[: span[0]].decode("utf-8", "replace"))
    return start, start + len(data[span[0] : span[1]].decode("utf-8", "replace"))


def _found(reasons: Sequence[Reason]) -> Judgement:
    kept: dict[tuple[str, str], Reason] = {}
    for reason in reasons:
        if reason.level != "safe":
            kept.setdefault((reason.level, reason.sentence), reason)
    ordered = sorted(kept.values(), key=lambda reason: -rulebook.LEVELS.index(reason.level))
    return Judgement(worst([reason.level for reason in ordered]), tuple(ordered))


def _bombs(calls: Sequence[Call]) -> Iterator[Reason]:
    """Yield the functions that start themselves more than once: processes without end."""
    names = [call.name for call in calls if call.looped]
    for call in calls:
        if call.looped and (names.count(call.name) > 1 or call.fed_by):
            yield Reason(
                "critical",
                "it starts itself again and again until the machine stands still",
                "fork-bomb",
                (*call.chain, call.name),
                call.span,
            )
            return


def _reasons(call: Call, fetched: frozenset[str], facts: Facts, books: Sequence[Rules]) -> Iterator[Reason]:
    if call.unreadable:
        yield Reason("high", "it is nested too deeply to be judged", "too-deep", call.chain, call.span)
    options = read_options(call.arguments, rulebook.takes_value().get(call.name, _NOWHERE))
    if options.flags & _ONLY_SAYS and "!" not in call.name and options.values.get("--dry-run") not in _NOT_DRY:
        return
    for book in books:
        for words, rule in book.about(call.name):
            if _begins(options.words, words) and _fits(rule, call, options, fetched):
                yield from _outcome(rule, call, options, len(words), facts)


def _begins(words: Sequence[Word], first: Sequence[str]) -> bool:
    return all(word.value == name for word, name in zip(words, first, strict=False)) and len(words) >= len(first)


_NOT_DRY = frozenset({"none", "false", "no", "0"})
# Options that make nearly every program only say what it would do, or how it is used.
_ONLY_SAYS = frozenset(
    """--help --dry-run --dryrun --dry_run -dry-run --assumeno --simulate --just-print --what-if --whatif -WhatIf
    --noop --no-op --trial-run --preview --plan-only --no-execute
    --print-only --no-act --pretend --check-only -help --dry""".split()  # noqa: SIM905
)


def _fits(rule: Rule, call: Call, options: Options, fetched: frozenset[str]) -> bool:
    """Say whether everything but its targets speaks for a rule."""
    arguments = options.said
    return (
        (not rule.redirect or any(redirect.operator in rule.redirect for redirect in call.redirects))
        and (not rule.any or any(options.has(option) for option in rule.any))
        and all(options.has(option) for option in rule.all)
        and not any(options.has(option) for option in rule.without)
        and (not rule.words or bool(pattern(rule.words).search(arguments)))
        and not (rule.not_words and pattern(rule.not_words).search(arguments))
        and (not rule.text or bool(pattern(rule.text).search(f"{arguments}\n{shown(call.input or '')}")))
        and (not rule.fed_by or any(_feeds(before, rule.fed_by) for before in _feeders(call)))
        and not (rule.local and call.remote)
        and not any(_feeds(before, rule.not_fed_by) for before in call.fed_by)
        and (not rule.source or bool(pattern(rule.source).search(call.source)))
        and (not rule.when or CONDITIONS[rule.when](call, fetched))
    )


def _feeders(call: Call) -> Iterator[Call]:
    """Yield what a call is given by: the calls before it, those in its words, and those in the words before it."""
    yield from (*call.fed_by, *call.substituted)
    for before in call.fed_by[-1:]:
        yield from before.substituted


def _feeds(before: Call, names: Sequence[str]) -> bool:
    words = [before.name, *(word.value for word in before.arguments[:1])]
    return words[0] in names or " ".join(words) in names


def _outcome(rule: Rule, call: Call, options: Options, skipped: int, facts: Facts) -> Iterator[Reason]:
    """Yield the reasons that a rule which fits gives."""
    # A question that `yes` answers is none.
    eased = any(options.has(option) for option in rule.eases) and "yes" not in [before.name for before in call.fed_by]
    if rule.level and not rule.targets:
        yield _reason(rule, rule.level, None, call, eased=eased)
        return
    words = options.words[skipped:]
    for word in _targets_of(rule, call, options, words):
        for value in filter(None, word.values):
            target = classify(value, facts, call.cwd)
            if (rule.kinds and target.kind not in rule.kinds) or not pattern(rule.path).search(target.path):
                continue
            level = rule.level or rulebook.levels()[_effect(rule, value, facts)].get(target.kind, "safe")
            yield _reason(rule, level, target, call, eased=eased)


def _effect(rule: Rule, value: str, facts: Facts) -> str:
    return "overwrite-there" if rule.effect == "overwrite" and shown(value) in facts.exists else rule.effect


def _reason(rule: Rule, level: str, target: Target | None, call: Call, *, eased: bool) -> Reason:
    chain = (*call.chain, call.name) if call.name else call.chain
    if eased and level in ("high", "critical"):
        level = "moderate"
    sentence = rule.says.replace("{target}", phrase(target)) if target else rule.says
    return Reason(level, sentence, rule.id, chain, call.span)


def _targets_of(rule: Rule, call: Call, options: Options, words: Sequence[Word]) -> Sequence[Word]:
    """Return the words that a rule's effect happens to."""
    how, _, names = rule.targets.partition(":")
    if how == "here":
        return [Word((".",), *call.span)]
    if rule.redirect:
        return [redirect.target for redirect in call.redirects if redirect.operator in rule.redirect]
    if how == "last":
        return words[-1:] if len(words) > 1 else []
    if how == "first":
        return words[:1]
    if how == "after-mode":
        return words[1:] if words and _MODE.match(words[0].value) else words
    if how == "rest" or (
        how == "behind-script" and not {"-e", "-E", "--expression", "-f", "--file"} & set(options.values)
    ):
        return words[1:]
    if how == "but-last":
        return words[:-1]
    if how == "option":
        return [
            Word((_unquoted(options.values[name]),), *call.span) for name in names.split("|") if name in options.values
        ]
    if how == "key":
        return [
            replace(word, values=tuple(_unquoted(value[len(names) :]) for value in word.values))
            for word in call.arguments
            if word.value.startswith(names)
        ]
    return words


def _unquoted(value: str) -> str:
    """Return what follows `of=` or `--directory=`, whose tilde most programs and some shells take for the home."""
    return f"{TILDE}{value[1:]}" if value.startswith("~") else value

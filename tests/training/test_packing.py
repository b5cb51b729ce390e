"""Pairs in one row of tokens: each learns what it would learn alone."""

from training.packing import Example, Pack, packed

PREFIX = (1, 2, 3)


def example(length: int, first: int = 10) -> Example:
    """Return one whose tokens count up: a request of `length` and two tokens of an answer."""
    request = tuple(range(first, first + length))
    return Example(PREFIX, request, (first + length, first + length + 1))


def test_a_pack_is_its_prompts_behind_one_beginning() -> None:
    """Positions begin anew for each behind the prefix; owners tell who sees whom."""
    pack = Pack(PREFIX, [example(2), example(1, 50)])
    assert pack.tokens() == [1, 2, 3, 10, 11, 12, 13, 50, 51, 52]
    assert pack.positions() == [0, 1, 2, 3, 4, 5, 6, 3, 4, 5]
    assert pack.owners() == [0, 0, 0, 1, 1, 1, 1, 2, 2, 2]
    assert pack.length == 10


def test_only_answers_are_learnt() -> None:
    """Each of their tokens from the one before it, the first from the prompt's last."""
    pack = Pack(PREFIX, [example(2), example(1, 50)])
    tokens = pack.tokens()
    assert pack.targets() == [(4, 12), (5, 13), (7, 51), (8, 52)]
    assert [tokens[index + 1] for index, _wanted in pack.targets()] == [12, 13, 51, 52]


def test_packs_are_full_and_of_one_prefix() -> None:
    """Nothing is lost but what is longer than a pack, nothing is there twice, and a seed is an order."""
    others = [Example((9, 9), one.request, one.answer) for one in (example(4, at) for at in range(100, 400, 10))]
    examples = [*(example(5, at) for at in range(1000, 2000, 10)), *others, example(60)]
    packs = packed(examples, 40, seed=1)
    assert all(pack.length <= 40 for pack in packs)
    assert all(one.prefix == pack.prefix for pack in packs for one in pack.examples)
    found = sorted((one for pack in packs for one in pack.examples), key=lambda one: (one.prefix, one.request))
    assert found == sorted(examples[:-1], key=lambda one: (one.prefix, one.request))
    assert len(packs) <= 22 + 6
    assert packed(examples, 40, seed=1) == packs
    assert packed(examples, 40, seed=2) != packs

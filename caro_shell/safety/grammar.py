"""bash's grammar, for everybody who reads commands."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node

_NOT_ASCII = re.compile(rb"[\x80-\xff]+")


@cache
def _language() -> "Language":
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Language(tree_sitter_bash.language())


def parse(text: bytes) -> "Node":
    """Return the root of a text's tree: its places are the text's, its words are to be taken from the text.

    By a parser of its own, so that no state of an earlier text is left in C. And without what is not ASCII:
    tree-sitter-bash 0.25.1 gives any character to C's `isalpha`, which looks it up in a table of 384, beyond whose
    end some of them end the process. To bash, too, each of these is a letter of a word and nothing else.
    """
    import tree_sitter

    return tree_sitter.Parser(_language()).parse(_NOT_ASCII.sub(_letters, text)).root_node


def _letters(found: "re.Match[bytes]") -> bytes:
    """Return as many bytes of plain letters of a word: of Latin-1, which the table has, and one of ASCII if need be."""
    pairs, rest = divmod(len(found[0]), 2)
    return b"\x01" * rest + "\N{MULTIPLICATION SIGN}".encode() * pairs

"""bash's grammar, for everybody who reads commands."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node


@cache
def _language() -> "Language":
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Language(tree_sitter_bash.language())


def parse(text: bytes) -> "Node":
    """Return the root of a text's tree, by a parser of its own, so that no state of an earlier text is left in C."""
    import tree_sitter

    return tree_sitter.Parser(_language()).parse(text).root_node

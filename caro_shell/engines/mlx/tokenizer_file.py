"""The tokenizer in a GGUF file, built again as one of the `tokenizers` library."""

from typing import TYPE_CHECKING, Any

from caro_shell.errors import EngineError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# llama.h, llama_token_type.
_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5
# How text is cut into words before merging, by the name that `tokenizer.ggml.pre` has for it: the models' own rules, as
# they stand in their tokenizer.json.
_CUTS = {
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+",
}
# Control tokens by which one model or another ends its turn.
_ENDS = {"<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<|end|>", "<end_of_turn>", "</s>"}


def build_tokenizer(facts: dict[str, Any]) -> "Tokenizer":
    """Return the tokenizer; raises EngineError when it is of a kind that is not known here."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

    kind, cut = facts.get("tokenizer.ggml.model"), facts.get("tokenizer.ggml.pre")
    if kind != "gpt2" or cut not in _CUTS:
        raise EngineError(
            f"MLX cannot take this model: its tokenizer (`{kind}`, `{cut}`) is not known here.",
            "Use a model of Qwen's, or set `model` to a directory that is in MLX's form already.",
        )
    tokens = list(zip(facts["tokenizer.ggml.tokens"], facts["tokenizer.ggml.token_type"], strict=True))
    vocabulary = {token: number for number, (token, kind) in enumerate(tokens) if kind == _NORMAL}
    merges = [tuple(merge.split(" ", 1)) for merge in facts["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CUTS[cut]), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    # They get their numbers in this order; the numbers in the file go on where the vocabulary ends.
    for token, kind in tokens:
        if kind in {_CONTROL, _USER_DEFINED}:
            tokenizer.add_tokens([AddedToken(token, special=kind == _CONTROL, normalized=False)])
    if any(tokenizer.token_to_id(token) != number for number, (token, kind) in enumerate(tokens) if kind != _UNUSED):
        raise EngineError("MLX cannot take this model: its tokens have gaps.", "Use a model of Qwen's.")
    return tokenizer


def special_tokens(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the tokens that a chat template may name, as tokenizer_config.json has them."""
    tokens = facts["tokenizer.ggml.tokens"]
    named = {
        f"{name}_token": tokens[facts[f"tokenizer.ggml.{name}_token_id"]]
        for name in ("bos", "eos")
        if f"tokenizer.ggml.{name}_token_id" in facts
    }
    return {**named, "add_bos_token": bool(facts.get("tokenizer.ggml.add_bos_token"))}


def ending_tokens(facts: dict[str, Any]) -> list[int]:
    """Return the tokens by which the model ends its answer."""
    kinds = facts["tokenizer.ggml.token_type"]
    tokens = enumerate(facts["tokenizer.ggml.tokens"])
    found = {number for number, token in tokens if token in _ENDS and kinds[number] == _CONTROL}
    return sorted(found | {facts["tokenizer.ggml.eos_token_id"]})

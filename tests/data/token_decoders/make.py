"""Writes cases.json beside it: what the `tokenizers` package makes of token ids with every kind of decoder.

    pip install tokenizers==0.23.*
    python make.py

vocabulary  the tokens; a token's id is its place
added       added tokens as tokenizer.json lists them, behind the vocabulary
cases       per decoder {"name", "decoder": its section, "rows": [[ids, text], ...]}: decode(ids,
            skip_special_tokens=True), drawn with a seed
"""

import json
import pathlib
import random

from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).parent

VOCABULARY = [
    "<unk>", "hello", "\u0120hello", "\u010a", "\u00c3", "\u00a9", "\u0120caf\u00c3\u00a9", "\u00e2\u0124", "\u00ac",
    "\u2581the", "\u2581", "ab\u2581c\u2581", "\u2581\u2581", "##ing", "##", "#", "play", ".", " .", ",", "?", "!",
    "'", "n't", "'s", "'re", "'m", "'ve", "do not", " do not", "do", "not", "lo</w>", "</w>", "l</w>o", "<pad>", "|",
    "a|b", "<0x41>", "<0x0A>", "<0xE2>", "<0x82>", "<0xAC>", "<0xff>", "<0xZZ>", "<0x4>", "<0x041>", "\u6771\u4eac",
    "h\u00e9llo", "two words", "  x ", "xx", "x", "", "\u20ac", "\U0001f600", "\u00e9\u0301",
]
ADDED = [("<s>", True), ("</s>", True), ("<\u0120kept>", False), ("<kept too>", False)]

STRIP = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
REPLACE = {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}
DECODERS = {
    "none": None,
    "byte-level": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    "wordpiece": {"type": "WordPiece", "prefix": "##", "cleanup": True},
    "wordpiece-raw": {"type": "WordPiece", "prefix": "#", "cleanup": False},
    "metaspace": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
    "metaspace-first": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": False},
    "metaspace-never": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "never", "split": True},
    "bpe": {"type": "BPEDecoder", "suffix": "</w>"},
    "ctc": {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": True},
    "ctc-raw": {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": False},
    "byte-fallback": {"type": "ByteFallback"},
    "fuse": {"type": "Fuse"},
    # Not both: the package panics where a token has fewer characters than they ask for.
    "strip-start": {"type": "Strip", "content": "x", "start": 2, "stop": 0},
    "strip-stop": {"type": "Strip", "content": "x", "start": 0, "stop": 1},
    "replace-regex": {"type": "Replace", "pattern": {"Regex": "[a-e]+|\\s"}, "content": "-"},
    "llama": {"type": "Sequence", "decoders": [REPLACE, {"type": "ByteFallback"}, {"type": "Fuse"}, STRIP]},
    "empty-sequence": {"type": "Sequence", "decoders": []},
}


def document(decoder):
    model = {"type": "WordLevel", "vocab": {token: i for i, token in enumerate(VOCABULARY)}, "unk_token": "<unk>"}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [{"id": len(VOCABULARY) + i, "content": content, "special": special, **flags}
             for i, (content, special) in enumerate(ADDED)]
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
            "pre_tokenizer": None, "post_processor": None, "decoder": decoder, "model": model}


def decoded(tokenizer, rows):
    """The package panics at some rows of some decoders (no tokens for BPEDecoder): those have no answer."""
    for ids in rows:
        try:
            yield [ids, tokenizer.decode(ids, skip_special_tokens=True)]
        except BaseException as panic:
            if type(panic).__name__ != "PanicException":
                raise


def main():
    assert len(set(VOCABULARY)) == len(VOCABULARY)
    draw = random.Random(5)
    limit = len(VOCABULARY) + len(ADDED) + 2  # Two ids that no token has.
    cases = []
    for name, decoder in DECODERS.items():
        tokenizer = Tokenizer.from_str(json.dumps(document(decoder)))
        rows = [[], *([i] for i in range(0, limit, 3)), *([i, i + 1, i + 1] for i in range(0, limit - 1, 2))]
        rows += [[draw.randrange(limit) for _ in range(draw.randrange(2, 9))] for _ in range(24)]
        cases.append({"name": name, "decoder": decoder, "rows": list(decoded(tokenizer, rows))})
    whole = {"vocabulary": VOCABULARY, "added": document(None)["added_tokens"], "cases": cases}
    (HERE / "cases.json").write_text(json.dumps(whole, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()

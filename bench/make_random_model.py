#!/usr/bin/env python3
"""Write a full-size GLiNER2 span checkpoint with random weights, for timing only.

    make_random_model.py FOLDER [--size base] [--counting-layer count_lstm_v2] [--seed 0]

Needs the Python package gliner2 (2.1.0). The encoder is a DeBERTa-v3 of the given size with the published vocabulary
size, so every product has the shape and the cost of a published checkpoint; the answers mean nothing. The tokenizer is
a Unigram model whose pieces are the words and word parts of Python's own documentation, topped up to 128,000.
"""
import argparse
import inspect
import itertools
import math
import pkgutil
import re
from collections import Counter

import torch
from gliner2.configuration import ExtractorConfig
from gliner2.models.span.model import SpanExtractorModel
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import DebertaV2Config, PreTrainedTokenizerFast

SIZES = {
    "small": {"hidden_size": 768, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 3072},
    "base": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
    "large": {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096},
}
VOCABULARY = 128_000
SPECIAL = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "mask_token": "[MASK]"}


def documentation():
    """Text that every Python installation has: docstrings of the standard library's pure modules."""
    for module in pkgutil.iter_modules():
        spec = module.module_finder.find_spec(module.name)
        if spec is None or spec.origin is None or not spec.origin.endswith(".py") or "site-packages" in spec.origin:
            continue
        with open(spec.origin, encoding="utf-8", errors="ignore") as source:
            for text in re.findall(r'"""(.*?)"""', source.read(), re.DOTALL):
                yield inspect.cleandoc(text)


def pieces():
    """Unigram pieces with scores: single characters, then word starts and endings by frequency, then fillers."""
    counts = Counter(word for text in documentation() for word in re.findall(r"\w+|[^\w\s]", text))
    parts = Counter()
    for word, count in counts.items():
        parts["\u2581" + word] += count
        for end in range(1, len(word)):
            if len(word) - end <= 5:
                parts[word[end:]] += count
            if end <= 5:
                parts["\u2581" + word[:end]] += count
    alphabet = sorted({sign for word in counts for sign in word} | {chr(code) for code in range(33, 127)} | {"\u2581"})
    total = sum(parts.values())
    yield from ((token, 0.0) for token in SPECIAL.values())
    yield from ((sign, -15.0) for sign in alphabet)
    frequent = (item for item in parts.most_common() if len(item[0]) > 1)
    yield from ((part, math.log(count / total)) for part, count in frequent)
    yield from ((f"\u2581unused{number}", -40.0) for number in itertools.count())


def make_tokenizer():
    vocabulary, seen = [], set()
    for piece, score in pieces():
        if piece not in seen:
            seen.add(piece)
            vocabulary.append((piece, score))
        if len(vocabulary) == VOCABULARY:
            break
    unknown = next(i for i, (piece, _) in enumerate(vocabulary) if piece == SPECIAL["unk_token"])
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=unknown))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--size", choices=SIZES, default="base")
    parser.add_argument("--counting-layer", default="count_lstm_v2")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    encoder = DebertaV2Config(
        **SIZES[arguments.size], vocab_size=VOCABULARY + 100, relative_attention=True, position_buckets=256,
        norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type=["p2c", "c2p"], max_relative_positions=-1,
        position_biased_input=False, type_vocab_size=0, layer_norm_eps=1e-7, max_position_embeddings=512)
    config = ExtractorConfig(model_name=f"random-deberta-v3-{arguments.size}", max_width=8,
                             counting_layer=arguments.counting_layer)
    model = SpanExtractorModel(config, encoder_config=encoder, tokenizer=make_tokenizer()).eval()
    with torch.no_grad():  # Fresh heads answer 0.5 to everything; wider weights spread the scores.
        for name, weight in model.named_parameters():
            if weight.dim() == 2 and not name.startswith("encoder."):
                weight *= 1.5
    model.save_pretrained(arguments.folder)
    print(f"{arguments.folder}: {sum(weight.numel() for weight in model.parameters()) / 1e6:.0f} million parameters")


if __name__ == "__main__":
    main()

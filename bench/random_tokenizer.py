"""A tokenizer of full size for random checkpoints: a Unigram model whose pieces are the words and word parts of Python's
own documentation, topped up with pieces that no text has."""
import inspect
import itertools
import math
import pkgutil
import re
from collections import Counter

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

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


def make_tokenizer(size):
    """`size` pieces, the special tokens among them."""
    vocabulary, seen = [], set()
    for piece, score in pieces():
        if piece not in seen:
            seen.add(piece)
            vocabulary.append((piece, score))
        if len(vocabulary) == size:
            break
    unknown = next(i for i, (piece, _) in enumerate(vocabulary) if piece == SPECIAL["unk_token"])
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=unknown))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL)

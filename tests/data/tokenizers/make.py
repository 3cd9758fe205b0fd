"""Writes the tokenizer cases of this folder: small tokenizers of every kind and what the `tokenizers` package makes
of some texts with them.

    pip install tokenizers==0.23.* sentencepiece
    python make.py

texts.json  the texts and the word lists that every case runs on
NAME.json   {"tokenizer": a tokenizer.json, "add": special tokens added afterwards,
             "ids": ids of every text as `tokenize` + `convert_tokens_to_ids` give them, "tokens": the same as strings
             "words": per word list and setting {"special", "max_length"} the ids and word numbers of
                      `encode(words, is_pretokenized=True)`; -1 for special tokens}
Ids stand in one string, separated by blanks, to keep the files small. The trainers break ties by chance, so another
run gives other tokenizers, with other ids.
"""

import base64
import io
import json
import pathlib

import sentencepiece
import tokenizers
from tokenizers import AddedToken, Tokenizer

HERE = pathlib.Path(__file__).parent

CORPUS = """
Barack Obama was born in Honolulu, Hawaii, and served as the 44th president of the United States from 2009 to 2017.
The quick brown fox jumps over the lazy dog. Don't you think it's fun? We're sure they've seen what I'll do; she'd know.
In 1998 the price rose 3.5% to $1,234.56 per unit (see page 17, table 4-2) -- a record!
Zo\u00eb's caf\u00e9 in S\u00e3o Paulo serves na\u00efve cr\u00e8me br\u00fbl\u00e9e, d\u00e9j\u00e0 vu; \u00c5ngstr\u00f6m and stra\u00dfe, \u0130stanbul.
\u041c\u043e\u0441\u043a\u0432\u0430 \u2014 \u0441\u0442\u043e\u043b\u0438\u0446\u0430 \u0420\u043e\u0441\u0441\u0438\u0438, \u0430 \u041a\u0438\u0457\u0432 \u2014 \u0441\u0442\u043e\u043b\u0438\u0446\u044f \u0423\u043a\u0440\u0430\u0457\u043d\u0438.
\u6771\u4eac\u90fd\u306f\u65e5\u672c\u306e\u9996\u90fd\u3067\u3059\u3002\u4eba\u53e3\u306f\u7d041400\u4e07\u4eba\u3002\u30c6\u30b9\u30c8\u30c7\u30fc\u30bf\u3002
\u0928\u0908 \u0926\u093f\u0932\u094d\u0932\u0940 \u092d\u093e\u0930\u0924 \u0915\u0940 \u0930\u093e\u091c\u0927\u093e\u0928\u0940 \u0939\u0948\u0964
\u0627\u0644\u0642\u0627\u0647\u0631\u0629 \u0639\u0627\u0635\u0645\u0629 \u0645\u0635\u0631\u060c \u0648\u05d1\u05d9\u05e8\u05d5\u05e9\u05dc\u05d9\u05dd.
def main(argc, argv): return {"key": [1, 2, 3], 'x': None}  # \tcomment
""".strip().split("\n")

TEXTS = [
    "", " ", "  ", "\t", "\n", "a", "A", ".", " a", "a ", " a  b ", "\u00a0", "\u3000x\u3000",
    "Barack Obama was born in Honolulu, Hawaii.", "barack obama", "the", "The THE tHe", "unaffable unknownword",
    "don't it's we're they've I'll she'd I'm 'S 'Ll DON'T", "2009 2017 44th 3.5% $1,234.56 1400 \u00bd \u00b2 \u2167 \u0663\u0664 \u096a",
    "hello---world!!! ((a)) [b] {c} <d> a_b a-b a.b a/b a\\b `` '' \u201cq\u201d \u2018s\u2019 \u2014 \u2026 \u00bf\u00a1",
    "caf\u00e9 cafe\u0301 CAF\u00c9 Zo\u00eb na\u00efve \u0130stanbul I\u0307 stra\u00dfe STRASSE \u1e9e \u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3 \u01c5 \ufb01\ufb02 \ufb03",
    "\uff21\uff22\uff23\uff11\uff12\uff13 \uff76\uff9e \u2460 \u32ff \u338f \u33a5 \u2100 \u1d400 \u0958 \u09dc \u1100\u1161\u11a8 \uac00",
    "\u041c\u043e\u0441\u043a\u0432\u0430 \u041a\u0438\u0457\u0432 \u0439 \u0438\u0306 \u0401\u0416",
    "\u6771\u4eac\u90fd\u306f\u65e5\u672c\u306e\u9996\u90fd\u3067\u3059\u3002", "\u30c6\u30b9\u30c8\uff01\u3000\u534a\u89d2\uff76\uff85 \U00020000\U0002f800\uf900",
    "\u0928\u0908 \u0926\u093f\u0932\u094d\u0932\u0940 \u0915\u094d\u0937 \u0e44\u0e17\u0e22\u0e19\u0e49\u0e33 \u0644\u064e\u0627 \u0627\u0644\u0642\u0627\u0647\u0631\u0629\u060c",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f970 \U0001f1e9\U0001f1ea\U0001f1eb \u2764\ufe0f 1\ufe0f\u20e3 \u261d\u0301 \U0001faf1\U0001f3fd",
    "zero\u200bwidth\u200cnon\u200djoin soft\u00adhyphen bom\ufeff x\u2060y \u0000nul\u0001\u0002 \u007f\u0080\u009f\ufffd \ue000 \U000e0001",
    "line\nbreak\r\nand\rtab\tend\x0b\x0c\x1c\x1f\x85\u2028\u2029.", "a\n\n\nb   c\t\t d  \n ", "trailing   ", "   leading",
    "\u00a0\u0301x \r\n\u0301 e\u0301\u0302 \u0301e q\u0323\u0307 \u0307\u0323",
    "[CLS] a [SEP] b [MASK] c [UNK] <s> </s> <unk> <pad> <mask> <|endoftext|>", "a[MASK]b", "x [MASK] y", "<mask>", " <mask> ",
    "[E] [P] [SEP_TEXT]label", "day Day monday day's MONDAY", "foo foobar foo, \u00e9foo foo\u00e9 Foo", "  sp  aced  ",
    "\u2581a \u2581\u2581b a\u2581b", "a" * 30, "-" * 23, "ab" * 20, "x" * 120, "the" * 40, "." * 9 + " " * 9 + "\n" * 3,
    "\u0120a \u010ab \u00c3\u00a9", "<0x41> <0x0A> \u4e00", "#a ##b a##b", "a</w> b</w>", "\u0905\u0949\u1734\u1885\u166d\U000111c9\u1cf2",
    "\u202eRTL\u202c \u061c \u180e \u2e43 \u2e44 \u0df4 \u1e95e \U0001e95e \U00011c41",
    "def main(argc, argv): return {\"key\": [1, 2, 3], 'x': None}  # \tcomment",
    "https://example.org/a?b=c&d=%20#e user@mail.example +49 (0)30 12-34", "\u0e01\u0e33 \u0eb3 \u1780\u17d2\u1780 \u1000\u1039\u1000",
]

WORDS = [
    [], [""], ["a"], ["Barack", "Obama", "was", "born", "in", "Honolulu", ",", "2009"],
    ["[E]", "person", "[SEP_TEXT]", "  ", "", "caf\u00e9", "\u200b", "[MASK]", " [MASK]", "x"],
    ["\u6771\u4eac", "the", "unknownword", "\U0001f970", "<mask>", "\u00bd"],
]
SETTINGS = [(True, 0), (False, 0), (True, 5), (False, 5), (True, 2)]


def charsmap():
    """A small precompiled map: some of NFKC, and rules that show what whole clusters and prefixes do."""
    rules = {
        "\t": " ", "\n": " ", "\r": " ", "\u00a0": " ", "\u3000": " ", "\u200b": "", "\u00ad": "", "\u2028": " ",
        "\ufb01": "fi", "\ufb02": "fl", "\u00bd": "1\u20442", "\u2460": "1", "\u3002": ".", "\uff01": "!",
        "\uff76\uff9e": "\u30ac", "\uff76": "\u30ab", "\uff85": "\u30ca", "e\u0301": "\u00e9", "E\u0301": "\u00c9",
        "e\u0301\u0302": "\u1ebf", "\u0438\u0306": "\u0439", "I\u0307": "\u0130", "\u2764\ufe0f": "\u2764",
        "\u00b2": "2", "\u2026": "...",
    }
    rules.update({chr(0xFF21 + i): chr(0x41 + i) for i in range(26)})
    rules.update({chr(0xFF10 + i): chr(0x30 + i) for i in range(10)})
    path = HERE / "rules.tsv"
    hexes = lambda s: " ".join("%X" % ord(c) for c in s)
    path.write_text("".join(f"{hexes(a)}\t{hexes(b)}\n" for a, b in rules.items()))
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(CORPUS * 4), model_writer=model, vocab_size=200, hard_vocab_limit=False,
            normalization_rule_tsv=str(path), minloglevel=2)
    finally:
        path.unlink()
    fields = lambda data: dict(proto_fields(data))
    return base64.b64encode(fields(fields(model.getvalue())[3])[2]).decode()


def proto_fields(data):
    """Field number and value of the length-delimited fields of a protobuf message."""
    pos = 0

    def varint():
        nonlocal pos
        value = shift = 0
        while True:
            byte = data[pos]
            pos += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while pos < len(data):
        tag = varint()
        kind = tag & 7
        if kind == 0:
            varint()
        elif kind == 2:
            size = varint()
            yield tag >> 3, data[pos:pos + size]
            pos += size
        else:
            pos += {1: 8, 5: 4}[kind]


def document(model, normalizer=None, pre_tokenizer=None, post_processor=None, added=()):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(added),
            "normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "post_processor": post_processor,
            "decoder": None, "model": model}


def added(id, content, special=True, normalized=False, lstrip=False, rstrip=False, single_word=False):
    return {"id": id, "content": content, "single_word": single_word, "lstrip": lstrip, "rstrip": rstrip,
            "normalized": normalized, "special": special}


def seq(key, *parts):
    return {"type": "Sequence", key: list(parts)}


def template(*single, ids):
    piece = lambda name: ({"Sequence": {"id": "A", "type_id": 0}} if name == "$A" else
                          {"SpecialToken": {"id": name, "type_id": 0}})
    return {"type": "TemplateProcessing", "single": [piece(name) for name in single],
            "pair": [piece("$A"), {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {name: {"id": name, "ids": [i], "tokens": [name]} for name, i in ids.items()}}


def trained(model, trainer, normalizer, pre_tokenizer):
    """Trains a model on the corpus behind the given normalizer and pre-tokenizer; its JSON."""
    t = Tokenizer.from_str(json.dumps(document(model, normalizer, pre_tokenizer)))
    t.train_from_iterator(CORPUS * 8, trainer)
    return json.loads(t.to_str())["model"]


BERT = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
        "lowercase": True}
BERT_SPLIT = {"type": "BertPreTokenizer"}
METASPACE = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
GPT4O = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
BLOOM = " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+"
CLIP = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def split(regex, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": {"Regex": regex}, "behavior": behavior, "invert": invert}


def replace(pattern, content, kind="Regex"):
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


def strip(left=True, right=True):
    return {"type": "Strip", "strip_left": left, "strip_right": right}


def wordpiece(normalizer, size=260):
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = tokenizers.trainers.WordPieceTrainer(vocab_size=size, special_tokens=specials, show_progress=False)
    empty = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
             "max_input_chars_per_word": 100, "vocab": {}}
    return trained(empty, trainer, normalizer, BERT_SPLIT), [added(i, s) for i, s in enumerate(specials)]


def unigram(normalizer, pre_tokenizer, specials, unk, size=240, byte_fallback=False):
    alphabet = ["\u2581", "a", "b", "0", ".", "-"]
    trainer = tokenizers.trainers.UnigramTrainer(vocab_size=size, special_tokens=specials, unk_token=unk,
                                                 initial_alphabet=alphabet, show_progress=False)
    model = trained({"type": "Unigram", "unk_id": None, "vocab": [], "byte_fallback": False}, trainer, normalizer,
                    pre_tokenizer)
    if byte_fallback:
        model["vocab"] += [["<0x%02X>" % byte, 0.0] for byte in range(256)]
        model["byte_fallback"] = True
    # Runs of equal characters can be cut in many ways of nearly equal score.
    model["vocab"] += [["--", -7.123456789012345678], ["---", -9.99999999999999911], ["aa", -6.1], ["aaa", -8.3000000000000007]]
    model["unk_id"] = specials.index(unk)
    return model


def bpe(normalizer, pre_tokenizer, specials=(), size=380, alphabet=True, **options):
    trainer_options = {k: v for k, v in options.items() if k in ("continuing_subword_prefix", "end_of_word_suffix")}
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(specials), show_progress=False,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet() if alphabet else [], **trainer_options)
    empty = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
             "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
             "vocab": {}, "merges": []}
    return {**trained(empty, trainer, normalizer, pre_tokenizer), **options}


def cases():
    precompiled = {"type": "Precompiled", "precompiled_charsmap": charsmap()}

    model, tokens = wordpiece(BERT)
    cls_sep = template("[CLS]", "$A", "[SEP]", ids={"[CLS]": 2, "[SEP]": 3})
    yield "bert-uncased", document(model, BERT, BERT_SPLIT, cls_sep, tokens)
    untyped = {k: v for k, v in model.items() if k != "type"}
    yield "bert-untyped", document(untyped, BERT, BERT_SPLIT, None, tokens)
    cased = {**BERT, "lowercase": False}
    model, tokens = wordpiece(cased)
    yield "bert-cased", document({**model, "max_input_chars_per_word": 20}, cased, BERT_SPLIT,
                                 {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}, tokens)

    specials = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
    cls_sep = template("[CLS]", "$A", "[SEP]", ids={"[CLS]": 1, "[SEP]": 2})
    marks = [added(i, s) for i, s in enumerate(specials)] + [added(900, "[MASK]", lstrip=True)]
    deberta = seq("normalizers", strip(), precompiled)
    yield "deberta-v2", document(unigram(deberta, METASPACE, specials, "[UNK]"), deberta,
                                 seq("pretokenizers", METASPACE), cls_sep, marks)
    nfc = seq("normalizers", replace(r"\s{2,}|[\n\r\t]", " "), {"type": "NFC"}, strip(left=False))
    yield "deberta-v2-nfc", document(unigram(nfc, METASPACE, specials, "[UNK]"), nfc, METASPACE, cls_sep, marks)

    specials = ["<pad>", "</s>", "<unk>"]
    eos = template("$A", "</s>", ids={"</s>": 1})
    t5 = seq("pretokenizers", {"type": "WhitespaceSplit"}, METASPACE)
    marks = [added(i, s) for i, s in enumerate(specials)] + [added(250, "<extra_id_0>", rstrip=True)]
    yield "t5", document(unigram(precompiled, t5, specials, "<unk>"), precompiled, t5, eos, marks)
    mt5 = seq("normalizers", precompiled, replace(" {2,}", "\u2581"))
    yield "mt5", document(unigram(mt5, METASPACE, specials, "<unk>", byte_fallback=True), mt5, METASPACE, eos, marks)
    first = {**METASPACE, "prepend_scheme": "first"}
    yield "metaspace-first", document(unigram(None, first, specials, "<unk>"),
                                      seq("normalizers", strip(), replace("^a{2,}", "")),
                                      seq("pretokenizers", {"type": "Digits", "individual_digits": True}, first), eos, marks)
    never = {"type": "Metaspace", "replacement": "_", "add_prefix_space": False, "str_rep": "_",
             "prepend_scheme": "never", "split": False}
    nmt = seq("normalizers", {"type": "Nmt"}, {"type": "NFKC"}, replace(" {2,}", " "), {"type": "Lowercase"})
    yield "nmt", document(unigram(nmt, never, ["<unk>"], "<unk>"), nmt, never)
    albert = seq("normalizers", replace("``", '"', "String"), replace("''", '"', "String"), {"type": "NFKD"},
                 {"type": "StripAccents"}, {"type": "Lowercase"}, precompiled)
    yield "albert", document(unigram(albert, METASPACE, ["<pad>", "<unk>", "[CLS]", "[SEP]"], "<unk>"), albert, METASPACE)

    end = [added(0, "<|endoftext|>")]
    yield "gpt2", document(bpe(None, BYTES, ["<|endoftext|>"]), None, BYTES, {**BYTES, "trim_offsets": False}, end)
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    marks = [added(i, s, normalized=s != "<mask>", lstrip=s == "<mask>") for i, s in enumerate(specials)]
    prefixed = {**BYTES, "add_prefix_space": True}
    yield "roberta", document(bpe(None, BYTES, specials), None, prefixed,
                              {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True,
                               "add_prefix_space": True}, marks)
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    marks = [added(i, s, lstrip=s == "[MASK]") for i, s in enumerate(specials)]
    marks += [added(400, "   ", special=False, normalized=True), added(401, "|||IP_ADDRESS|||", special=False)]
    modern = template("[CLS]", "$A", "[SEP]", ids={"[CLS]": 2, "[SEP]": 3})
    yield "modernbert", document(bpe({"type": "NFC"}, BYTES, specials), {"type": "NFC"}, BYTES, modern, marks)
    bare = {**BYTES, "use_regex": False}
    llama3 = seq("pretokenizers", split(LLAMA3), bare)
    bos = template("<|begin_of_text|>", "$A", ids={"<|begin_of_text|>": 0})
    yield "llama3", document(bpe(None, llama3, ["<|begin_of_text|>"], ignore_merges=True), None, llama3,
                             seq("processors", BYTES, bos), [added(0, "<|begin_of_text|>")])
    gpt4o = seq("pretokenizers", split(GPT4O), bare)
    yield "qwen2-gpt4o", document(bpe({"type": "NFC"}, gpt4o), {"type": "NFC"}, gpt4o)
    bloom = seq("pretokenizers", split(BLOOM), bare)
    yield "bloom", document(bpe(None, bloom), None, bloom)
    code = seq("pretokenizers", {"type": "Digits", "individual_digits": True},
               {"type": "Punctuation", "behavior": "Contiguous"}, BYTES)
    yield "starcoder", document(bpe(None, code), {"type": "NFKD"}, code)
    clip_norm = seq("normalizers", {"type": "NFC"}, replace(r"\s+", " "), {"type": "Lowercase"})
    clip = seq("pretokenizers", split(CLIP, "Removed", invert=True), {**BYTES, "use_regex": False})
    yield "clip", document(bpe(clip_norm, clip, ["<|endoftext|>"], end_of_word_suffix="</w>",
                               unk_token="<|endoftext|>"), clip_norm, clip)
    model = bpe(None, None, ["<unk>", "<s>", "</s>"], alphabet=False, size=300, unk_token="<unk>", fuse_unk=True)
    spaces = seq("normalizers", {"type": "Prepend", "prepend": "\u2581"}, replace(" ", "\u2581", "String"))
    model = bpe(spaces, split("\u2581", "MergedWithNext"), ["<unk>", "<s>", "</s>"], alphabet=False, size=300,
                unk_token="<unk>", fuse_unk=True)
    tokens = [added(i, s) for i, s in enumerate(["<unk>", "<s>", "</s>"])]
    yield "llama2-unk", document(model, spaces, None, None, tokens)
    size = len(model["vocab"])
    fallback = {**model, "byte_fallback": True,
                "vocab": {**model["vocab"], **{"<0x%02X>" % b: size + b for b in range(256) if b != 0xE6}}}
    yield "llama2-bytes", document(fallback, spaces, None, template("<s>", "$A", ids={"<s>": 1}), tokens)
    yield "bpe-prefix", document(bpe({"type": "NFD"}, {"type": "Whitespace"}, ["[UNK]"], alphabet=False, size=200,
                                     continuing_subword_prefix="##", unk_token="[UNK]"), {"type": "NFD"}, {"type": "Whitespace"})
    merges = bpe(None, {"type": "WhitespaceSplit"}, [], alphabet=False, size=150)
    merges["merges"] = ["#version: 0.2"] + [" ".join(pair) for pair in merges["merges"]]
    yield "bpe-dropping", document(merges, None, {"type": "FixedLength", "length": 7})
    word_level = {"type": "WordLevel", "unk_token": "[UNK]",
                  "vocab": {w: i for i, w in enumerate(["[UNK]", "a", "b", "the", "day", ".", "foo", "barack", "x"])}}
    flags = [added(50, "foo", normalized=True, single_word=True), added(51, "[MASK]", lstrip=True, rstrip=True),
             added(52, "Day", normalized=True, special=False), added(53, "day's", normalized=True), added(54, "a"),
             added(55, "[E", rstrip=True), added(56, " ", special=False), added(57, "<s>", single_word=True)]
    accents = seq("normalizers", {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"})
    yield "added-tokens", document(word_level, accents, {"type": "Whitespace"}, None, flags)
    yield "wordlevel", document(word_level, {"type": "ByteLevel"}, {"type": "CharDelimiterSplit", "delimiter": "\u0120"})


def expectation(doc):
    t = Tokenizer.from_str(json.dumps(doc))
    # The markers of GLiNER2 in front of everything else that a caller may add.
    add = ["[SEP_TEXT]", "[P]", "[E]", "[CLS]"]
    t.add_special_tokens([AddedToken(s, normalized=False, special=True) for s in add])
    model = doc["model"]
    unknown = model.get("unk_token")
    if model.get("unk_id") is not None:
        unknown = model["vocab"][model["unk_id"]][0]
    unknown_id = None if unknown is None else t.token_to_id(unknown)

    ids, tokens = [], []
    for text in TEXTS:
        encoding = t.encode(text, add_special_tokens=False)
        row = []
        for token, id in zip(encoding.tokens, encoding.ids):
            by_name = t.token_to_id(token)
            row.append(by_name if by_name is not None else unknown_id if unknown_id is not None else id)
        ids.append(" ".join(map(str, row)))
        tokens.append(encoding.tokens)
    words = []
    for i, sequence in enumerate(WORDS):
        for special, max_length in SETTINGS:
            t.no_truncation()
            if max_length:
                t.enable_truncation(max_length)
            encoding = t.encode(sequence, is_pretokenized=True, add_special_tokens=special)
            numbers = [-1 if w is None else w for w in encoding.word_ids]
            words.append({"list": i, "special": special, "max_length": max_length,
                          "ids": " ".join(map(str, encoding.ids)), "word": " ".join(map(str, numbers))})
    t.no_truncation()
    # Token strings are long; every third text shows enough of them.
    return {"add": add, "size": t.get_vocab_size(), "ids": ids, "tokens": tokens[::3], "words": words}


def main():
    for old in HERE.glob("*.json"):
        old.unlink()
    dump = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
    (HERE / "texts.json").write_text(dump({"tokenizers": tokenizers.__version__, "texts": TEXTS, "words": WORDS}))
    for name, doc in cases():
        (HERE / f"{name}.json").write_text(dump({**expectation(doc), "tokenizer": doc}))


if __name__ == "__main__":
    main()

"""The tokenizer alone beside the Hugging Face package, one thread."""
from pathlib import Path

from ..context import say
from ..engine import probe
from ..process import BenchError, take_turns
from ..report import table
from .extraction import title_of

TITLE = "Tokenizer"


def rows(context, model_dir):
    arguments = context.arguments
    pool = context.pool()
    lengths = {"samples as they are": pool.samples, "texts of 1,000 words": [pool.text(1000) for _ in range(20)],
               "words one by one": pool.words[:5000]}
    with probe(arguments.build, "tokenizer", model_dir) as ours, \
            context.worker("tokenizers_worker.py", Path(model_dir) / "tokenizer.json") as theirs:
        context.versions["tokenizers"] = theirs.start["version"]
        for what, texts in lengths.items():
            own, other = (side.ask(texts=texts, repeats=1, ids=True) for side in (ours, theirs))
            if own["ids"] != other["ids"]:
                wrong = sum(a != b for a, b in zip(own["ids"], other["ids"]))
                raise BenchError(f"tokenizer of {model_dir}: {wrong} of {len(texts)} texts have other ids")
            best = take_turns({"ours": lambda: ours.ask(texts=texts, repeats=5)["seconds"],
                               "theirs": lambda: theirs.ask(texts=texts, repeats=5)["seconds"]}, arguments.rounds)
            say(f"  {what}: {best['theirs'] / best['ours']:.1f} times faster")
            megabytes = own["bytes"] / 1e6
            yield [f"{Path(model_dir).resolve().name}: {what}", len(texts), megabytes / best["ours"], megabytes / best["theirs"],
                   best["theirs"] / best["ours"]]


def lines(context):
    result = []
    for model_dir in context.arguments.model_dir:
        say(f"{title_of(model_dir)}, tokenizer")
        result += rows(context, model_dir)
    return table(["", "texts", "libgliner, MB/s", "tokenizers, MB/s", "times faster"], result) + [
        "Ids compared before timing; one thread, caches of both warm. tokenizers is called through Python once for all texts "
        "(`encode_batch_fast`).", ""]

"""From the start of the process to the first answer, and the peak memory of a batch beside the checkpoint's bytes."""
import json
from pathlib import Path

from ..context import say
from ..process import take_turns
from ..report import table
from ..workloads import FEW_LABELS, sentences
from .extraction import title_of

TITLE = "Start and memory"


def first_answer(context, model_dir):
    """Best wall seconds of both sides, files already in the page cache."""
    engine, text = context.engine(model_dir), sentences(context.pool(), 1)
    return take_turns({
        "ours": lambda: engine.run("entities", [text], FEW_LABELS)[1],
        "theirs": lambda: context.package_once(model_dir, text, json.dumps(FEW_LABELS))[1],
    }, context.arguments.rounds)


def peak_memory(context, model_dir, texts):
    """Peak resident MB of both sides, each in a fresh process that runs one batch."""
    _, _, ours = context.engine(model_dir).run("entities", texts, FEW_LABELS, "--batch-size", str(len(texts)))
    with context.package(model_dir) as package:
        theirs = package.ask(texts=texts, labels=FEW_LABELS, batch_size=len(texts))["peak_rss_mb"]
    return ours, theirs


def lines(context):
    rows = []
    texts = context.pool().mixed(16 if context.arguments.quick else 64)
    for model_dir in context.arguments.model_dir:
        name = title_of(model_dir)
        say(f"{name}, start and memory")
        seconds = first_answer(context, model_dir)
        rows.append([f"{name}: process start to first answer, ms", seconds["ours"] * 1e3, seconds["theirs"] * 1e3,
                     seconds["theirs"] / seconds["ours"]])
        ours, theirs = peak_memory(context, model_dir, texts)
        checkpoint = sum(path.stat().st_size for path in Path(model_dir).glob("model*.safetensors")) / 2**20
        rows.append([f"{name}: peak memory of a batch of {len(texts)} mixed texts, MB", ours, theirs, theirs / ours])
        rows.append([f"{name}: the same / the {checkpoint:,.0f} MB of the checkpoint", ours / checkpoint,
                     theirs / checkpoint, ""])
    return [*table(["", "libgliner", "gliner2", "gliner2 / libgliner"], rows),
            "Memory is the peak resident set, mapped pages of the weight file included; a MB has 2^20 bytes. gliner2's first "
            "answer includes the import of its packages.", ""]

"""Entity extraction from text to JSON beside the Python package, and where the engine's time goes."""
import json
from pathlib import Path

from ..context import equal_answers, say
from ..process import BenchError, NoAnswer, take_turns
from ..report import table
from ..workloads import FEW_LABELS, MANY_LABELS, sentences

TITLE = "Extraction beside the Python package"
SHORT, LONG = "64 words, 60 labels", "512 words, 60 labels"


def cases(context):
    """(what, texts, labels, batch sizes to choose from)"""
    pool, arguments = context.pool(), context.arguments
    mixed = 16 if arguments.quick else 64
    sizes = arguments.batch_size or ([8] if arguments.quick else [1, 8, 64])
    yield "one sentence, 5 labels", [sentences(pool, 1)], FEW_LABELS, [1]
    yield "four sentences, 60 labels", [sentences(pool, 4)], MANY_LABELS, [1]
    yield f"{mixed} mixed texts, 5 labels", pool.mixed(mixed), FEW_LABELS, sizes
    yield SHORT, [pool.text(64)], MANY_LABELS, [1]
    yield LONG, [pool.text(512)], MANY_LABELS, [1]


def title_of(model_dir):
    config = json.loads((Path(model_dir) / "encoder_config" / "config.json").read_text(encoding="utf-8"))
    parts = [config.get("model_type", "deberta-v2"), f"{config['num_hidden_layers']} layers", f"H {config['hidden_size']}"]
    return f"{Path(model_dir).resolve().name} ({', '.join(parts)})"


def best_sizes(engine, package, texts, labels, sizes):
    """Each side's fastest batch size: one pass of each decides."""
    if len(sizes) == 1:
        return sizes[0], sizes[0]
    ours = {size: engine.bench(texts, labels, size, 1)["seconds"] for size in sizes}
    theirs = {size: package.ask(texts=texts, labels=labels, batch_size=size)["seconds"] for size in sizes}
    return min(ours, key=ours.get), min(theirs, key=theirs.get)


def case_row(context, engine, package, case):
    """(row of the table, profile) of one case."""
    arguments = context.arguments
    what, texts, labels, sizes = case
    found = engine.extract(texts, labels, batch_size=8)
    recorded = package.ask(texts=texts, labels=labels, batch_size=8, answers=True)
    equal = equal_answers(recorded["results"], found, arguments.tolerance)
    say(f"  {what}: {equal} of {len(texts)} answers equal")
    if equal < len(texts) * arguments.min_equal:
        raise BenchError(f"{what}: only {equal} of {len(texts)} answers are equal; a wrong answer is not worth timing")
    ours, theirs = best_sizes(engine, package, texts, labels, sizes)
    best = take_turns({
        "ours": lambda: engine.bench(texts, labels, ours, arguments.repeats)["seconds"],
        "theirs": lambda: package.ask(texts=texts, labels=labels, batch_size=theirs)["seconds"],
    }, arguments.rounds)
    profile = engine.bench(texts, labels, ours, arguments.repeats, "--profile")["stages_ms"]
    tokens = recorded["tokens"]
    row = [what, tokens, f"{equal} of {len(texts)}", f"{ours} / {theirs}", best["ours"] * 1e3, best["theirs"] * 1e3,
           best["theirs"] / best["ours"], best["ours"] * 1e6 / tokens]
    return row, profile


def profile_table(profiles):
    """Shares of the stages in the time of a pass; stages below 0.5 % everywhere are summed up."""
    totals = [sum(stages.values()) for stages in profiles.values()]
    names = list(dict.fromkeys(name for stages in profiles.values() for name in stages))
    shares = {name: [100 * stages.get(name, 0) / total for stages, total in zip(profiles.values(), totals)] for name in names}
    shown = [name for name in names if max(shares[name]) >= 0.5]
    rows = [[name, *shares[name]] for name in shown]
    rest = [sum(shares[name][i] for name in names if name not in shown) for i in range(len(totals))]
    rows.append(["all others", *rest])
    rows.append(["ms of a pass", *(float(total) for total in totals)])
    return table(["stage, % of the time", *profiles], rows)


def lines(context):
    result = []
    for model_dir in context.arguments.model_dir:
        say(title_of(model_dir))
        engine = context.engine(model_dir)
        rows, profiles = {}, {}
        with context.package(model_dir) as package:
            for case in cases(context):
                try:
                    rows[case[0]], profiles[case[0]] = case_row(context, engine, package, case)
                except NoAnswer as error:
                    say(f"  {case[0]} is left out: {error}")
        result += [f"### {title_of(model_dir)}", "",
                   f"Equal answers: within {context.arguments.tolerance:g}, offsets and scores included. Batch sizes: the fastest of "
                   "each side. Tokens: of text and labels, padding left out.", ""]
        result += table(["", "tokens", "equal answers", "batch size, libgliner / gliner2", "libgliner, ms", "gliner2, ms",
                         "times faster", "libgliner, µs per token"], rows.values())
        if LONG in rows:
            result += [f"A token of the 512-word text costs {rows[LONG][-1] / rows[SHORT][-1]:.2f} times what one of the 64-word "
                       "text costs.", ""]
        result += profile_table(profiles)
    return result

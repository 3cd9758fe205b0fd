"""Other arithmetics of the encoder beside float32: time, and the share of answers that stay the same."""
from ..context import say
from ..engine import dtypes
from ..process import BenchError, take_turns
from ..report import table
from ..workloads import FEW_LABELS, MANY_LABELS, sentences
from .extraction import title_of

TITLE = "Arithmetic of the encoder"


def spans_of(results):
    """Every (text, label, begin, end) of the answers."""
    return {(number, label, span["start"], span["end"])
            for number, result in enumerate(results)
            for label, spans in result["entities"].items() for span in spans}


def same_spans(found, expected):
    """Share of the spans of either side that both have."""
    return 100 * len(found & expected) / max(1, len(found | expected))


def model_rows(context, model_dir, names):
    arguments, pool = context.arguments, context.pool()
    cases = {"one sentence, 5 labels": ([sentences(pool, 1)], FEW_LABELS, 1),
             "four sentences, 60 labels": ([sentences(pool, 4)], MANY_LABELS, 1),
             "16 mixed texts, 5 labels": (pool.mixed(16), FEW_LABELS, 8)}
    engines = {"float32": context.engine(model_dir, "float32"), **{name: context.engine(model_dir, name) for name in names}}
    samples = pool.spread(32 if arguments.quick else len(pool.samples))
    spans = {name: spans_of(engine.extract(samples, FEW_LABELS, 8)) for name, engine in engines.items()}
    best = {case: take_turns({name: lambda engine=engine, what=what: engine.bench(*what, arguments.repeats)["seconds"]
                              for name, engine in engines.items()}, arguments.rounds) for case, what in cases.items()}
    memory = {name: engine.bench(samples[:8], FEW_LABELS, 8, 1)["peak_rss_mb"] for name, engine in engines.items()}
    for name in engines:
        say(f"  {name}: {len(spans[name])} spans, {same_spans(spans[name], spans['float32']):.1f} % as in float32")
        row = [name]
        for case in cases:
            row += [best[case][name] * 1e3, best[case]["float32"] / best[case][name]]
        yield [*row, memory[name], len(spans[name]), same_spans(spans[name], spans["float32"])]


def available(context, model_dir):
    """The arithmetics that the command offers and this CPU runs."""
    names = []
    for name in dtypes(context.arguments.gliner):
        try:
            context.engine(model_dir, name).extract(["x"], FEW_LABELS, 1)
            names.append(name)
        except BenchError as error:
            say(f"  {name} is left out: {error}")
    return names


def lines(context):
    result = []
    for model_dir in context.arguments.model_dir:
        say(f"{title_of(model_dir)}, arithmetic")
        names = available(context, model_dir)
        if not names:
            return ["This build or this CPU knows float32 only.", ""]
        result += [f"### {title_of(model_dir)}", "",
                   *table(["", "one sentence, ms", "times float32's speed", "four sentences, ms", "times float32's speed",
                           "16 mixed texts, ms", "times float32's speed", "peak MB", "spans", "same spans as float32, %"],
                          model_rows(context, model_dir, names))]
    return [*result, "Same spans: of all spans that either side finds in the evaluation file, those that both find.", ""]

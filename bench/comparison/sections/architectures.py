"""GLiNER v1 checkpoints beside the Python package gliner, growing texts, and what more labels cost a bi-encoder."""
from pathlib import Path

from ..context import say
from ..engine import probe
from ..process import BenchError, take_turns
from ..report import table
from ..workloads import FEW_LABELS, sentences

TITLE = "GLiNER v1 beside the Python package"
RELATIONS = ["works for", "located in"]
THRESHOLDS = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999]
SHORT_LABELS = ["--max-new-tokens", "1"]  # Where only the entities matter.
FEW_TEXTS = 8  # Of label-generating models, which write a label for every span above the threshold.
MANY_LABELS = [f"kind of thing number {number}" for number in range(505)]


def entities_in(results):
    return sum(span["end"] > span["start"] for spans in results for span in spans)


def by_place(spans):
    return sorted((span["start"], span["end"], span["label"], span.get("generated_labels", []), span["score"]) for span in spans)


def same(recorded, found, tolerance):
    return len(recorded) == len(found) and all(
        a[:4] == b[:4] and abs(a[4] - b[4]) <= tolerance for a, b in zip(by_place(recorded), by_place(found)))


def words_for(relations, threshold):
    return [word for relation in relations for word in ("--relation", relation)] + ["--threshold", str(threshold)]


def found_by(engine, texts, relations, threshold, *more):
    """The entities of each text, from this engine."""
    words = [*words_for(relations, threshold), "--batch-size", "8", *more]
    if relations:  # They stand in the prompt, so the entities depend on them.
        return [result.get("entities", []) for result in engine.relate(texts, FEW_LABELS, *words)]
    return [row.get("result", []) for row in engine.run("entities", texts, FEW_LABELS, "--format", "spans", *words)[0]]


def fitting_threshold(engine, texts, relations):
    """The least threshold at which a random model finds at most one entity in ten words. From the highest down, because
    label-generating models get the slower the more they find."""
    words = sum(len(text.split()) for text in texts)
    fitting = THRESHOLDS[-1]
    for threshold in reversed(THRESHOLDS):
        if entities_in(found_by(engine, texts, relations, threshold, *SHORT_LABELS)) > words / 10:
            break
        fitting = threshold
    return fitting


def check(context, engine, package, what, texts, relations, threshold):
    """How many of the texts have equal entities on both sides."""
    recorded = package.ask(texts=texts, labels=FEW_LABELS, relations=relations, threshold=threshold, batch_size=8,
                           answers=True)["results"]
    found = found_by(engine, texts, relations, threshold)
    equal = sum(same(a, b, context.arguments.tolerance) for a, b in zip(recorded, found))
    say(f"  {what}: {equal} of {len(texts)} answers equal, {entities_in(recorded)} entities")
    if equal < len(texts) * context.arguments.min_equal:
        raise BenchError(f"{what}: only {equal} of {len(texts)} answers are equal; a wrong answer is not worth timing")
    return f"{equal} of {len(texts)}"


def with_entities(engine, case, threshold):
    """The texts that have entities: the package's label-generating models break down where none of a batch has."""
    what, texts, sizes = case
    kept = [text for text, found in zip(texts, found_by(engine, texts, [], threshold, *SHORT_LABELS)) if found]
    return (what if len(kept) == len(texts) else f"{len(kept)} of {what}"), kept, sizes


def fastest(sizes, seconds):
    return sizes[0] if len(sizes) == 1 else min(sizes, key=seconds)


def case_row(context, engine, package, name, case, relations, threshold):
    arguments = context.arguments
    what, texts, sizes = case
    equal = check(context, engine, package, what, texts, relations, threshold)
    words = words_for(relations, threshold)

    def ours(size):
        return engine.bench(texts, FEW_LABELS, size, arguments.repeats, *words)["seconds"]

    def theirs(size):
        return package.ask(texts=texts, labels=FEW_LABELS, relations=relations, threshold=threshold, batch_size=size)["seconds"]

    own, other = fastest(sizes, ours), fastest(sizes, theirs)
    best = take_turns({"ours": lambda: ours(own), "theirs": lambda: theirs(other)}, arguments.rounds)
    return [f"{name}: {what}", equal, f"{own} / {other}", best["ours"] * 1e3, best["theirs"] * 1e3, best["theirs"] / best["ours"]]


def session_row(context, package, name, model_dir, text, threshold, words=10):
    """One text that comes a few words at a time."""
    arguments = context.arguments
    parts = text.split()
    pieces = [" ".join(parts[i:i + words]) for i in range(0, len(parts), words)]
    pieces = pieces[:1] + [" " + piece for piece in pieces[1:]]
    request = {"pieces": pieces, "labels": FEW_LABELS, "threshold": threshold}
    with probe(arguments.build, "session", model_dir, "--threads", arguments.threads) as session:
        recorded = package.ask(**request, answers=True)["results"][0]
        if not same(recorded, session.ask(**request)["results"], arguments.tolerance):
            raise BenchError(f"{name}: a session ends with other spans than the package's")
        best = take_turns({"ours": lambda: session.ask(**request, repeats=arguments.repeats)["seconds"],
                           "theirs": lambda: package.ask(**request)["seconds"]}, arguments.rounds)
    return [f"{name}: {len(pieces)} times {words} words", f"{len(recorded)} spans", "1 / 1", best["ours"] * 1e3,
            best["theirs"] * 1e3, best["theirs"] / best["ours"]]


def label_rows(context, engine, name, texts):
    """One text with 5 labels and with 500 more, all cached."""
    for what, text in texts.items():
        best = take_turns({
            "few": lambda text=text: engine.bench([text], MANY_LABELS[:5], 1, 5, "--threshold", "0.999")["seconds"],
            "many": lambda text=text: engine.bench([text], MANY_LABELS, 1, 5, "--threshold", "0.999")["seconds"],
        }, context.arguments.rounds)
        yield [f"{name}: {what}", best["few"] * 1e3, best["many"] * 1e3, 100 * (best["many"] / best["few"] - 1)]


def lines(context):
    arguments, pool = context.arguments, context.pool()
    mixed = 16 if arguments.quick else 64
    sizes = arguments.batch_size or ([8] if arguments.quick else [1, 8, 64])
    all_cases = [("one sentence", [sentences(pool, 1)], [1]), (f"{mixed} mixed texts", pool.mixed(mixed), sizes)]
    rows, labels = [], []
    for model_dir in arguments.gliner_dir or []:
        name = Path(model_dir).resolve().name
        say(name)
        engine, cases = context.engine(model_dir), all_cases
        with context.worker("gliner_worker.py", model_dir, arguments.threads) as package:
            context.versions.update(package.start["versions"])
            relations = RELATIONS if "Relex" in package.start["architecture"] else []
            threshold = fitting_threshold(engine, cases[0][1] + cases[1][1][:4], relations)
            if "Decoder" in package.start["architecture"]:
                few = (f"{FEW_TEXTS} mixed texts", cases[1][1][:FEW_TEXTS], sizes)
                cases = [with_entities(engine, case, threshold) for case in (cases[0], few)]
            rows += [case_row(context, engine, package, name, case, relations, threshold) for case in cases if case[1]]
            if "Streaming" in package.start["architecture"]:
                rows.append(session_row(context, package, name, model_dir, pool.text(200), threshold))
        if "BiEncoderSpan" in package.start["architecture"]:
            labels += label_rows(context, engine, name, {"one sentence": sentences(pool, 1), "200 words": pool.text(200)})
    if not rows:
        return ["Not measured: no `--gliner-dir`.", ""]
    result = [*table(["5 labels", "equal answers", "batch size, libgliner / gliner", "libgliner, ms", "gliner, ms", "times faster"], rows),
              "Random checkpoints of `bench/make_random_gliner.py`. A bi-encoder's labels are encoded beforehand on both sides; "
              "relation models score two relations. A text of a streaming model comes a few words at a time, in one session.", ""]
    if labels:
        result += [*table(["500 more labels, all cached", "5 labels, ms", "505 labels, ms", "more, %"], labels)]
    return result

"""Time and memory as the number of texts and the length of a text grow."""
from ..context import say
from ..process import BenchError
from ..report import table
from ..workloads import FEW_LABELS
from .extraction import title_of

TITLE = "Scaling"
WORDS_OF_A_TEXT = 13


def texts_rows(context, model_dir):
    """The whole command on files of more and more short texts; the package on the smaller ones."""
    arguments, engine = context.arguments, context.engine(model_dir)
    with context.package(model_dir) as package:
        for count in arguments.scaling_texts:
            pool = context.pool()
            texts = [pool.text(WORDS_OF_A_TEXT) for _ in range(count)]
            rows, seconds, peak_mb = engine.run("entities", texts, FEW_LABELS, "--batch-size", "32")
            if len(rows) != count:
                raise BenchError(f"{count} texts gave {len(rows)} rows")
            theirs = [None, None]
            if count <= arguments.reference_texts:
                reply = package.ask(texts=texts, labels=FEW_LABELS, batch_size=32)
                theirs = [reply["seconds"], reply["peak_rss_mb"]]
            say(f"  {count} texts: {seconds:.2f} s, {peak_mb:.0f} MB")
            yield [f"{count:,} texts", seconds, seconds * 1e3 / count, peak_mb, *theirs]


def words_rows(context, model_dir):
    """One text of more and more words, warm."""
    arguments, engine = context.arguments, context.engine(model_dir)
    with context.package(model_dir) as package:
        for count in arguments.scaling_words:
            texts = [context.pool().text(count)]
            try:
                report = engine.bench(texts, FEW_LABELS, 1, 1 if count > 1024 else arguments.repeats)
            except BenchError as error:
                say(f"  {count} words: {error}")  # Beyond the encoder's positions, for example.
                return
            theirs = [None, None]
            if count <= arguments.reference_words:
                package.ask(texts=texts, labels=FEW_LABELS, batch_size=1)
                reply = package.ask(texts=texts, labels=FEW_LABELS, batch_size=1)
                theirs = [reply["seconds"] * 1e3, reply["peak_rss_mb"]]
            say(f"  {count} words: {report['seconds'] * 1e3:.1f} ms, {report['peak_rss_mb']:.0f} MB")
            yield [f"{count:,} words", report["seconds"] * 1e3, report["seconds"] * 1e6 / count, report["peak_rss_mb"], *theirs]


def lines(context):
    small, large = context.arguments.model_dir[0], context.arguments.model_dir[-1]
    say(f"{title_of(small)}, number of texts")
    result = [f"### Number of texts: {title_of(small)}, texts of {WORDS_OF_A_TEXT} words, 5 labels, batch size 32", ""]
    result += table(["", "libgliner, s (with start)", "ms per text", "peak MB", "gliner2, s (loaded)", "peak MB"],
                    texts_rows(context, small))
    say(f"{title_of(large)}, length of a text")
    result += [f"### Length of a text: {title_of(large)}, 5 labels", ""]
    result += table(["", "libgliner, ms", "µs per word", "peak MB", "gliner2, ms", "peak MB"], words_rows(context, large))
    return result

"""The encoder alone beside other run-times with the same weights, and beside its floor."""
import array
import hashlib
import random
from pathlib import Path

from ..context import say
from ..engine import peak_gflops, probe
from ..process import BenchError, python_environment, run_once, take_turns
from ..report import table
from .extraction import title_of

TITLE = "Encoder alone"
VOCABULARY_USED = 5000  # Ids below this: every checkpoint has them.


def exported(context, model_dir):
    """The encoder as ONNX; made once per checkpoint and kept in --cache."""
    weights = sorted(Path(model_dir).glob("model*.safetensors"))
    stamp = "".join(f"{path.resolve()}{path.stat().st_size}{path.stat().st_mtime_ns}" for path in weights)
    folder = Path(context.arguments.cache) / f"onnx-{hashlib.sha256(stamp.encode()).hexdigest()[:16]}"
    file = folder / "encoder.onnx"
    if not file.exists():
        say("  exporting the encoder to ONNX (once)")
        folder.mkdir(parents=True, exist_ok=True)
        making = folder / "making.onnx"
        script = Path(__file__).parents[1] / "workers" / "export_encoder.py"
        run_once([context.arguments.runtime_python, script, model_dir, making], python_environment(context.arguments.threads))
        making.rename(file)  # Its weights stay in making.onnx.data, which the file names.
    return file


def start(context, runtime, model_dir):
    """A process that runs the encoder in `runtime`, or None if that is not installed."""
    arguments = context.arguments
    try:
        model = model_dir if runtime == "torch" else exported(context, model_dir)
        process = context.worker("encoder_worker.py", runtime, model, arguments.threads, python=arguments.runtime_python)
    except BenchError as error:
        say(f"  {runtime} is left out: {error}")
        return None
    context.versions[runtime] = process.start["version"]
    return process


def largest_difference(a, b):
    """Of two files of float32; a NaN counts as infinite."""
    left, right = array.array("f"), array.array("f")
    left.frombytes(Path(a).read_bytes())
    right.frombytes(Path(b).read_bytes())
    if len(left) != len(right) or not left:
        raise BenchError(f"the encoders give {len(left)} and {len(right)} values")
    worst = max(abs(x - y) for x, y in zip(left, right))
    return worst if all(x == x for x in right) and worst == worst else float("inf")


def shape_row(context, ours, others, batch, length):
    arguments = context.arguments
    dice = random.Random(1)
    ids = [[dice.randrange(VOCABULARY_USED) for _ in range(length)] for _ in range(batch)]
    own = str(Path(context.folder) / "own.f32")
    ours.ask(ids=ids, repeats=0, output=own)
    worst = 0.0
    for name, process in others.items():
        file = str(Path(context.folder) / f"{name}.f32")
        process.ask(ids=ids, repeats=0, output=file)
        difference = largest_difference(own, file)
        if difference > arguments.tolerance:
            raise BenchError(f"encoder {batch} x {length}: {name} differs by {difference:g}")
        worst = max(worst, difference)
    sides = {name: lambda process=process: process.ask(ids=ids, repeats=arguments.repeats)["ms"]
             for name, process in others.items()}
    best = take_turns({"ours": lambda: ours.ask(ids=ids, repeats=arguments.repeats)["ms"], **sides}, arguments.rounds)
    floors = [ours.ask(ids=ids, repeats=arguments.repeats + 2, floor=True) for _ in range(2)]
    floor = min(floors, key=lambda reply: reply["floor_ms"])
    mine = min(best["ours"], floor["ms"])
    row = [f"{batch} x {length}", mine, floor["products_gflops"], floor["floor_ms"], mine / floor["floor_ms"]]
    for name in others:
        row += [best[name], best[name] / mine]
    say(f"  {batch} x {length}: {mine:.1f} ms, " + ", ".join(f"{name} {best[name]:.1f} ms" for name in others))
    return [*row, f"{worst:.0e}"]


def lines(context):
    result = []
    for model_dir in context.arguments.model_dir:
        say(f"{title_of(model_dir)}, encoder")
        others = {name: start(context, name, model_dir) for name in context.arguments.runtime}
        others = {name: process for name, process in others.items() if process}
        try:
            with probe(context.arguments.build, "encoder", model_dir, "--threads", context.arguments.threads) as ours:
                rows = [shape_row(context, ours, others, batch, length) for batch, length in context.arguments.shape]
        finally:
            for process in others.values():
                process.__exit__()
        head = ["batch x length", "libgliner, ms", "oneDNN, GFLOP/s", "floor, ms", "libgliner / floor"]
        for name in others:
            head += [f"{name}, ms", "times faster"]
        result += [f"### {title_of(model_dir)}", "", *table([*head, "largest difference"], rows)]
    peak = peak_gflops(context.arguments.build, context.arguments.threads)
    return result + [
        f"The arithmetic peak of these cores, multiply-adds that never leave the registers, is {peak:.0f} GFLOP/s in float32. "
        "oneDNN: the rate of the layers' products alone, weights packed, nothing between them, in the same run. Floor: all "
        "multiplications and additions of the forward pass, attention included, at that rate. Other run-times: sizes fixed when "
        "the graph is compiled, float32.", ""]

"""The Python package gliner2, in a process of its own so that its memory and load time are its own.

    gliner2_worker.py MODEL_DIR THREADS               answers JSON requests, one a line
    gliner2_worker.py MODEL_DIR THREADS TEXT LABELS   prints the answer to one text and ends

A request is {"texts", "labels", "batch_size", "answers": give the results and count the tokens}.
"""
import json
import os
import resource
import sys
import time

begin = time.perf_counter()
import gliner2  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from gliner2 import GLiNER2  # noqa: E402


class TokenCounter:
    """Counts the tokens that the encoder is given, padding left out."""

    def __init__(self, model):
        self.tokens = 0
        self.inner = model.encode_tokens
        model.encode_tokens = self

    def __call__(self, batch, *rest, **named):
        self.tokens += int(batch.attention_mask.sum())
        return self.inner(batch, *rest, **named)


def serve(model, reply):
    counter = TokenCounter(model)
    for line in sys.stdin:
        request = json.loads(line)
        flags = {"include_confidence": True, "include_spans": True} if request.get("answers") else {}
        counter.tokens = 0
        started = time.perf_counter()
        results = model.batch_extract_entities(request["texts"], request["labels"], batch_size=request["batch_size"], **flags)
        seconds = time.perf_counter() - started
        reply({"seconds": seconds, "tokens": counter.tokens,
               "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
               "results": results if request.get("answers") else None})


def main():
    model_dir, threads = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(threads)
    imported = time.perf_counter()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the package prints must not mix with the replies
    model = GLiNER2.from_pretrained(model_dir).eval()
    loaded = time.perf_counter()

    def reply(value):
        print(json.dumps(value), file=out, flush=True)

    if len(sys.argv) > 3:
        return reply(model.extract_entities(sys.argv[3], json.loads(sys.argv[4])))
    reply({"import_ms": (imported - begin) * 1e3, "load_ms": (loaded - imported) * 1e3,
           "versions": {"gliner2": gliner2.__version__, "torch": torch.__version__, "transformers": transformers.__version__}})
    serve(model, reply)


if __name__ == "__main__":
    main()

"""The Python package gliner, in a process of its own: gliner_worker.py MODEL_DIR THREADS.

Answers JSON requests, one a line: {"texts", "labels", "relations", "threshold", "batch_size", "answers": give them},
or {"pieces", "labels", "threshold"}: one session of a streaming model that reads the pieces one behind the other. A
bi-encoder's labels are encoded when they first come and kept, as this engine keeps them.
"""
import json
import os
import sys
import time

import gliner
import torch
import transformers
from gliner import GLiNER


def shown(span):
    return {key: span[key] for key in ("start", "end", "label", "score", "generated_labels") if key in span}


class Package:
    def __init__(self, model_dir):
        self.model = GLiNER.from_pretrained(model_dir, local_files_only=True).eval()
        self.embeddings = {}

    def embeddings_of(self, labels):
        key = tuple(labels)
        if key not in self.embeddings:
            self.embeddings[key] = self.model.encode_labels(labels, batch_size=64)
        return self.embeddings[key]

    def session(self, pieces, labels, threshold):
        """The spans after the last piece."""
        self.model.clear_sessions()
        for piece in pieces:
            last = self.model.inference([piece], labels, threshold=threshold, session_id=["one"])
        return last

    def run(self, texts, labels, relations, threshold, batch_size):
        options = {"threshold": threshold, "batch_size": batch_size}
        if getattr(self.model.config, "labels_decoder", None):
            options["do_sample"] = False  # Its default is to draw labels, which can't be compared.
        if relations:
            return self.model.inference(texts, labels, relations=relations, return_relations=True, **options)[0]
        if getattr(self.model.config, "labels_encoder", None):
            return self.model.batch_predict_with_embeds(texts, self.embeddings_of(labels), labels, **options)
        return self.model.inference(texts, labels, **options)


def main():
    model_dir, threads = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(threads)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the package prints must not mix with the replies

    def reply(value):
        print(json.dumps(value, default=float), file=out, flush=True)

    package = Package(model_dir)
    reply({"architecture": type(package.model).__name__.replace("GLiNER", ""),
           "versions": {"gliner": gliner.__version__, "torch": torch.__version__, "transformers": transformers.__version__}})
    for line in sys.stdin:
        request = json.loads(line)
        answers = request.pop("answers", False)
        if getattr(package.model.config, "labels_encoder", None):
            package.embeddings_of(request["labels"])
        started = time.perf_counter()
        try:
            results = package.session(**request) if "pieces" in request else package.run(**request)
        except Exception as error:  # A text that it cannot take must not end the worker.
            reply({"error": f"{type(error).__name__}: {error}"})
            continue
        seconds = time.perf_counter() - started
        reply({"seconds": seconds, "results": [[shown(span) for span in spans] for spans in results] if answers else None})


if __name__ == "__main__":
    main()

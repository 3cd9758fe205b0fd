"""The Hugging Face package tokenizers on one thread: tokenizers_worker.py TOKENIZER_JSON.

Uses its fastest call, encode_batch_fast, which leaves offsets out. Answers JSON requests, one a line: {"texts",
"repeats", "ids": give the ids too}; see bench/probe/tokenizer_probe.h.
"""
import json
import sys
import time

import tokenizers


def main():
    tokenizer = tokenizers.Tokenizer.from_file(sys.argv[1])
    tokenizer.no_padding()
    tokenizer.no_truncation()
    print(json.dumps({"version": tokenizers.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        texts, best = request["texts"], float("inf")
        for _ in range(request["repeats"]):
            begin = time.perf_counter()
            encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
            best = min(best, time.perf_counter() - begin)
        reply = {"seconds": best, "tokens": sum(len(encoding.ids) for encoding in encodings)}
        if request.get("ids"):
            reply["ids"] = [encoding.ids for encoding in encodings]
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()

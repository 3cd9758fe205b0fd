"""Write a checkpoint's encoder as ONNX with free batch and length: export_encoder.py MODEL_DIR FILE [--prefix encoder].

Needs torch, transformers, safetensors, onnx and onnxscript. The weights are the checkpoint's, in float32.
"""
import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModel


def load_encoder(model_dir, prefix):
    """The checkpoint's encoder as transformers builds it."""
    folder = Path(model_dir)
    index = folder / "model.safetensors.index.json"
    files = sorted(set(json.loads(index.read_text())["weight_map"].values())) if index.exists() else ["model.safetensors"]
    tensors = {}
    for name in files:
        tensors.update(load_file(folder / name))
    head = prefix + "."
    tensors = {name[len(head):]: value.float() for name, value in tensors.items() if name.startswith(head)}
    config = AutoConfig.from_pretrained(folder / "encoder_config")
    words = ("word_embeddings.weight", "tok_embeddings.weight")
    config.vocab_size = next(value.shape[0] for name, value in tensors.items() if name.endswith(words))
    model = AutoModel.from_config(config).eval()
    left_over = model.load_state_dict(tensors, strict=False)
    missing = [name for name in left_over.missing_keys if not name.startswith("pooler.")]
    if missing:
        raise SystemExit(f"{folder}: no tensor for {missing[:5]}")
    return model


class LastHiddenState(torch.nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids, attention_mask):
        return self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model_dir")
    parser.add_argument("file")
    parser.add_argument("--prefix", default="encoder")
    arguments = parser.parse_args()
    model = LastHiddenState(load_encoder(arguments.model_dir, arguments.prefix)).eval()
    ids = torch.randint(0, 100, (2, 24))
    batch, length = torch.export.Dim("batch", min=1, max=1024), torch.export.Dim("length", min=2, max=8192)
    free = {0: batch, 1: length}
    with torch.no_grad():
        torch.onnx.export(model, (ids, torch.ones_like(ids)), arguments.file, input_names=["input_ids", "attention_mask"],
                          output_names=["last_hidden_state"], dynamic_shapes={"input_ids": free, "attention_mask": free},
                          dynamo=True, external_data=True)


if __name__ == "__main__":
    main()

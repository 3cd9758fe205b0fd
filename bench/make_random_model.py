#!/usr/bin/env python3
"""Write a full-size GLiNER2 span checkpoint with random weights, for timing only.

    make_random_model.py FOLDER [--size base] [--counting-layer count_lstm_v2] [--seed 0]

Needs the Python package gliner2 (2.1.0). The encoder is a DeBERTa-v3 of the given size with the published vocabulary
size, so every product has the shape and the cost of a published checkpoint; the answers mean nothing.
"""
import argparse

import torch
from gliner2.configuration import ExtractorConfig
from gliner2.models.span.model import SpanExtractorModel
from random_tokenizer import make_tokenizer
from transformers import DebertaV2Config

SIZES = {
    "small": {"hidden_size": 768, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 3072},
    "base": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
    "large": {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096},
}
VOCABULARY = 128_000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--size", choices=SIZES, default="base")
    parser.add_argument("--counting-layer", default="count_lstm_v2")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    encoder = DebertaV2Config(
        **SIZES[arguments.size], vocab_size=VOCABULARY + 100, relative_attention=True, position_buckets=256,
        norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type=["p2c", "c2p"], max_relative_positions=-1,
        position_biased_input=False, type_vocab_size=0, layer_norm_eps=1e-7, max_position_embeddings=512)
    config = ExtractorConfig(model_name=f"random-deberta-v3-{arguments.size}", max_width=8,
                             counting_layer=arguments.counting_layer)
    model = SpanExtractorModel(config, encoder_config=encoder, tokenizer=make_tokenizer(VOCABULARY)).eval()
    with torch.no_grad():  # Fresh heads answer 0.5 to everything; wider weights spread the scores.
        for name, weight in model.named_parameters():
            if weight.dim() == 2 and not name.startswith("encoder."):
                weight *= 1.5
    model.save_pretrained(arguments.folder)
    print(f"{arguments.folder}: {sum(weight.numel() for weight in model.parameters()) / 1e6:.0f} million parameters")


if __name__ == "__main__":
    main()

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gliner {

/// Nonlinearities named by `hidden_act`.
enum class Activation { kGelu, kGeluTanh, kRelu, kSilu, kTanh };

/// An encoder's `config.json` (transformers), all families in one flat struct. Fields of other families keep
/// their defaults. Values are checked when read: sizes positive and bounded, H divisible by heads, kinds
/// known.
struct EncoderConfig {
  std::string model_type;  ///< "deberta-v2", "bert", "roberta", "modernbert", "t5", ...
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;  ///< H
  std::int64_t num_hidden_layers = 0;
  std::int64_t num_attention_heads = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t max_position_embeddings = 512;
  std::int64_t type_vocab_size = 0;
  std::int64_t pad_token_id = 0;  ///< RoBERTa counts positions from the next number. null: the family's own.
  double layer_norm_eps = 1e-7;
  Activation hidden_act = Activation::kGelu;

  // DeBERTa-v2/v3
  std::int64_t embedding_size = 0;  ///< 0: hidden_size
  bool relative_attention = false;
  std::int64_t max_relative_positions = -1;  ///< Below 1: max_position_embeddings.
  std::int64_t position_buckets = -1;        ///< Below 1: one position each.
  bool position_biased_input = true;         ///< Absolute positions are added to the input.
  bool share_att_key = false;
  bool c2p = false;  ///< "c2p" in pos_att_type
  bool p2c = false;  ///< "p2c" in pos_att_type
  bool norm_rel_ebd = false;
  std::int64_t conv_kernel_size = 0;  ///< 0: no convolution layer
  std::int64_t conv_groups = 1;
  Activation conv_act = Activation::kTanh;

  // ModernBERT
  bool attention_bias = false;
  bool mlp_bias = false;
  bool norm_bias = false;
  std::int64_t local_attention = 128;  ///< Window: |i - j| <= local_attention / 2.
  std::vector<bool> layer_is_global;   ///< One per layer, from layer_types or global_attn_every_n_layers.
  double global_rope_theta = 160000.0;
  double local_rope_theta = 10000.0;

  // T5 and mT5
  std::int64_t head_size = 0;              ///< d_kv; H need not be a multiple of the heads.
  std::int64_t distance_buckets = 32;      ///< relative_attention_num_buckets
  std::int64_t max_bucket_distance = 128;  ///< relative_attention_max_distance
  bool gated_feed_forward = false;         ///< feed_forward_proj "gated-..."

  // Span context encoders over LSTM layers ("rnn")
  bool bidirectional = true;

  // Llama, Qwen2 and Qwen3; `head_size` too
  std::int64_t key_value_heads = 0;   ///< Groups of heads; divides num_attention_heads.
  double rope_theta = 10000.0;        ///< Base of the rotary positions.
  bool query_key_value_bias = false;  ///< That of the projection behind attention is `attention_bias`.
  bool normalizes_heads = false;      ///< Queries and keys, each head by itself.

  // GPT-2, Llama, Qwen2 and Qwen3
  bool tie_word_embeddings = true;  ///< A language model's head is the word table.

  // GPT-2
  bool scale_attention = true;  ///< scale_attn_weights: scores over the root of the head size.
  bool scale_by_layer = false;  ///< scale_attn_by_inverse_layer_idx: and over the layer's number.

  /// Llama or one of its kin.
  bool is_llama() const { return model_type == "llama" || model_type == "qwen2" || model_type == "qwen3"; }
};

/// Reads encoder_config/config.json. `path` is used in messages. A missing `model_type` is inferred for
/// DeBERTa-v2 when its own keys are there; otherwise, and for any unknown kind, a ModelError names it.
EncoderConfig parse_encoder_config(std::string_view json, const std::string& path);

}  // namespace gliner

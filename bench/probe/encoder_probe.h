#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/encoder_config.h"
#include "encoders/encoder.h"
#include "product_stack.h"

namespace gliner {

/// The encoder of a checkpoint alone, for timing beside other run-times and against the floor.
class EncoderProbe {
 public:
  /// Loads the encoder of the checkpoint folder `model_dir`, its tensors below `prefix`. Throws ModelError.
  EncoderProbe(const std::string& model_dir, const std::string& prefix, int threads);
  ~EncoderProbe();

  /// Request:  {"ids": [[id, ...], ...] | "batch": B, "length": L,
  ///            "repeats": passes (5), "output": file (none), "floor": also time the bare products (false)}.
  /// Reply:    {"tokens", "gflop" of the products and of attention, "ms" of the best pass} and, with a floor,
  ///           {"products_ms", "products_gflops" (their rate), "floor_ms" = gflop / rate}.
  /// `output` gets the last hidden state, float32 [T, H]. Throws InputError on a request that makes no sense.
  nlohmann::ordered_json answer(const nlohmann::json& request);

 private:
  EncoderConfig config_;
  EncoderShape shape_;
  int threads_;
  std::shared_ptr<const Encoder> encoder_;
  std::map<std::int64_t, std::unique_ptr<ProductStack>>
      products_;  // At most one: that of the last row count.
};

/// Multiplications and additions of attention on one sequence, all layers: scores, weighted values and
/// DeBERTa's two position terms, each distance that occurs once.
double attention_flops(const EncoderConfig& config, std::int64_t length);

}  // namespace gliner

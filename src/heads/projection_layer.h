#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "nn/mlp.h"

namespace gliner {

/// The reference's create_projection_layer: in -> 4 * out, relu, -> out, with the names "0" and "3" below
/// `name` (a dropout stands between). Projects prompts, span ends and pairs of entities. `last` is applied to
/// the result.
inline std::shared_ptr<Mlp> make_projection_layer(const WeightScope& w, const std::string& name,
                                                  std::int64_t in, std::int64_t out,
                                                  std::optional<Activation> last = std::nullopt) {
  return std::make_shared<Mlp>(w / name, std::vector<std::string>{"0", "3"},
                               std::vector<std::int64_t>{in, 4 * out, out}, Activation::kRelu, last);
}

}  // namespace gliner

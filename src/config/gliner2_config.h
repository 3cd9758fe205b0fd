#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gliner {

enum class TokenPooling { kFirst, kMean, kMax };
enum class CountingLayer { kCountLstm, kCountLstmV2, kCountLstmMoe };

/// A GLiNER2 checkpoint's config.json, old flat form or new (gliner2/configuration.py, migrate_config_dict).
struct Gliner2Config {
  std::string model_name;
  TokenPooling token_pooling = TokenPooling::kFirst;
  CountingLayer counting_layer = CountingLayer::kCountLstm;
  std::int64_t max_width = 8;  ///< K
};

/// Reads config.json. Missing `architecture` means "span"; "boundary" and unknown architectures are
/// ModelErrors that say so, as are a gliner_config-like file, unknown counting layers and widths out of [1,
/// 1024]. Unknown token_pooling values mean "first", as in the reference.
Gliner2Config parse_gliner2_config(std::string_view json, const std::string& path);

}  // namespace gliner

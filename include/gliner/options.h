#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gliner/export.h"

namespace gliner {

/// How a text is cut into words before sub-word tokenisation.
enum class WordSplitter {
  kWhitespace,  ///< Words, URLs, e-mail addresses, mentions; every other non-space sign alone. The default.
  kChar,        ///< ASCII runs together, every other non-space code point alone (Chinese, Japanese, Thai).
};

/// Unit in which results count `begin` and `end`.
enum class OffsetUnit {
  kCodePoint,  ///< Unicode code points, as Python counts. The default.
  kByte,       ///< Bytes of the UTF-8 text.
  kUtf16,      ///< UTF-16 code units, as JavaScript and Java count.
};

/// Which of several overlapping spans of one label are kept.
enum class OverlapPolicy {
  kDefault,   ///< Short texts: greedy by confidence. Long documents: kDisallow. (The reference's defaults.)
  kAllow,     ///< Every distinct span.
  kNested,    ///< Containment is kept, crossing is not.
  kDisallow,  ///< The non-overlapping set of the highest total confidence.
  kLongest,   ///< Spans strictly inside another one are dropped.
};

/// Reads a policy name with the reference's aliases (`flat`, `no-overlap`, `all`, `keep_longest`, ...), case
/// ignored, `-` equal to `_`. Throws InputError on an unknown name.
GLINER_EXPORT OverlapPolicy parse_overlap_policy(std::string_view name);

/// Reads "whitespace" or "char". Throws InputError on anything else.
GLINER_EXPORT WordSplitter parse_word_splitter(std::string_view name);

/// Arithmetic of the encoder's matrix products, where nearly all the time goes. Everything else (attention,
/// norms, heads) is float32.
enum class ComputeDtype {
  kFloat32,   ///< The reference's numbers. The default.
  kBfloat16,  ///< Factors rounded to 8 bits of precision, float32 sums. CPUs with AVX-512 BF16 or AMX.
  kInt8,      ///< Weights in 8 bits per output channel, activations in 8 bits per token. CPUs with VNNI.
};

/// Reads "float32", "bfloat16" or "int8". Throws InputError on anything else.
GLINER_EXPORT ComputeDtype parse_compute_dtype(std::string_view name);

/// How a checkpoint is loaded.
struct LoadOptions {
  std::string device = "cpu";  ///< "cpu", "cuda" or "cuda:N".
  int threads = 0;             ///< Threads of one forward pass; 0: every core allowed.
  WordSplitter word_splitter = WordSplitter::kWhitespace;
  ComputeDtype dtype = ComputeDtype::kFloat32;  ///< Loading throws InputError if the CPU is not made for it.
};

/// The files of a checkpoint that does not lie in one folder as the hub lays it out.
struct ModelFiles {
  std::string config;          ///< config.json
  std::string encoder_config;  ///< encoder_config/config.json
  std::string tokenizer;       ///< tokenizer.json
  std::string weights;         ///< model.safetensors, or model.safetensors.index.json of a sharded one
};

/// How one extraction is run and shown. The defaults are the reference's.
struct ExtractOptions {
  double threshold = 0.5;      ///< A span is kept when its score >= threshold; labels may have their own.
  int batch_size = 8;          ///< Texts of one forward pass, > 0.
  std::optional<int> max_len;  ///< Words kept of each text; absent: all. See Result::truncated_words.
  OverlapPolicy overlap_policy = OverlapPolicy::kDefault;
  bool corrected = false;            ///< Sensible answers where the reference is quirky: docs/differences.md.
  bool truncation_is_error = false;  ///< A text that max_len would cut is an error instead.
  OffsetUnit offset_unit = OffsetUnit::kCodePoint;

  bool format_results = true;       ///< false: to_json gives the reference's raw shapes.
  bool include_confidence = false;  ///< to_json shows confidences.
  bool include_spans = false;       ///< to_json shows start and end.
};

/// Windows for documents longer than the model was trained for.
struct LongOptions {
  int chunk_size = 384;    ///< Words of a window, > 0.
  int chunk_overlap = 64;  ///< Words shared by neighbouring windows, >= 0 and < chunk_size.
};

}  // namespace gliner

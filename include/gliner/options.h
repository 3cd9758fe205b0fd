#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// Which of several overlapping spans of one label (GLiNER v1: of any labels) are kept.
enum class OverlapPolicy {
  kDefault,   ///< Short texts: greedy by confidence. Long documents: kDisallow. (The reference's defaults.)
              ///< GLiNER v1: greedy by confidence among the spans of all labels.
  kAllow,     ///< Every distinct span.
  kNested,    ///< Containment is kept, crossing is not.
  kDisallow,  ///< The non-overlapping set of the highest total confidence. GLiNER v1: kDefault.
  kLongest,   ///< Spans strictly inside another one are dropped.
};

/// Reads a policy name with the reference's aliases (`flat`, `no-overlap`, `all`, `keep_longest`, ...), case
/// ignored, `-` equal to `_`. Throws InputError on an unknown name.
GLINER_EXPORT OverlapPolicy parse_overlap_policy(std::string_view name);

/// Reads "whitespace" or "char". Throws InputError on anything else.
GLINER_EXPORT WordSplitter parse_word_splitter(std::string_view name);

/// Arithmetic of the encoder's matrix products, where nearly all the time goes. On a CPU everything else
/// (attention, norms, heads) is float32. On a card the weights and what goes into products are kept in this
/// type, attention's and the span head's too; sums, softmax, norms and scores stay float32.
enum class ComputeDtype {
  kFloat32,   ///< The reference's numbers. The default.
  kBfloat16,  ///< Factors rounded to 8 bits of precision, float32 sums. Cards, CPUs with AVX-512 BF16 or AMX.
  kInt8,      ///< Weights in 8 bits per output channel, activations in 8 bits per token. CPUs with VNNI.
  kFloat16,   ///< Factors rounded to 11 bits of precision, float32 sums. Cards only.
};

/// Reads "float32", "bfloat16", "float16" or "int8". Throws InputError on anything else.
GLINER_EXPORT ComputeDtype parse_compute_dtype(std::string_view name);

/// How a checkpoint is loaded.
struct LoadOptions {
  /// "cpu"; "cuda" or "cuda:N", one card; several cards as "cuda:0,cuda:1", with a copy of the model on each;
  /// "auto", the first card if there is one, else the CPU.
  std::string device = "cpu";
  int threads = 0;  ///< Threads of one forward pass; 0: every core allowed.
  WordSplitter word_splitter = WordSplitter::kWhitespace;
  ComputeDtype dtype =
      ComputeDtype::kFloat32;  ///< Loading throws InputError if the device is not made for it.

  // Cards only; what is not at its default is refused on a CPU.
  /// Float32 products in TF32, which keeps 11 bits of each factor. Off, this engine's products are float32
  /// whatever the process has chosen; on, TF32 is allowed to every float32 product of the process, because
  /// LibTorch has one switch for all.
  bool tf32 = false;
  /// Tokens of one forward pass. 0: as many as a trial at load finds room for. It is halved, and the batch
  /// taken up again in parts, when a card's memory does not suffice after all.
  std::int64_t batch_tokens = 0;
  /// Share of a card's memory, in (0, 1], that LibTorch may hold in this process; 0: all of it.
  double memory_fraction = 0;
  /// Small forward passes are captured as CUDA graphs and replayed for texts of similar length with the same
  /// schema: one launch in place of hundreds, for memory that graphs keep (docs/gpu.md). GLiNER2 on CUDA
  /// only, and refused where it cannot be had. Extractor::cuda_graph_report() tells what came of it.
  bool cuda_graphs = false;
};

/// The files of a checkpoint that does not lie in one folder as the hub lays it out.
struct ModelFiles {
  std::string config;          ///< config.json; GLiNER v1: gliner_config.json, known by that name
  std::string encoder_config;  ///< encoder_config/config.json; GLiNER v1: empty where `config` holds it
  std::string tokenizer;       ///< tokenizer.json
  /// model.safetensors, or pytorch_model.bin, of which only tensors are read; the *.index.json of a sharded
  /// one
  std::string weights;
  // GLiNER v1 only.
  std::string tokenizer_config;   ///< tokenizer_config.json; empty: texts have no limit in tokens
  std::string labels_tokenizer;   ///< labels_tokenizer/tokenizer.json of a bi-encoder
  std::string decoder_tokenizer;  ///< decoder_tokenizer/tokenizer.json of a label-generating model
};

/// How a GLiNER v1 model with a label decoder names the spans it found.
struct LabelGeneration {
  std::vector<std::string> constraints;  ///< Only these labels are generated; empty: anything.
  int sequences = 1;                     ///< Labels per span, best first; more than one: as many beams.
  int max_new_tokens = 15;               ///< > 0
  bool sample = false;        ///< Draw at `temperature` instead of taking the likeliest (beams: none).
  double temperature = 0.01;  ///< > 0
  std::uint64_t seed = 0;     ///< The same seed draws the same labels.
};

/// How one extraction is run and shown. The defaults are the reference's.
struct ExtractOptions {
  /// A span is kept when its score >= threshold (GLiNER v1: > threshold); labels may have their own.
  double threshold = 0.5;
  /// Texts of one forward pass on a CPU, > 0. On a card the tokens decide, LoadOptions::batch_tokens, unless
  /// the model's answers depend on which texts share a batch.
  int batch_size = 8;
  /// Words kept of each text; absent: all, GLiNER v1: as many as its configuration says. See
  /// Result::truncated_words.
  std::optional<int> max_len;
  OverlapPolicy overlap_policy = OverlapPolicy::kDefault;
  bool corrected = false;            ///< Sensible answers where the reference is quirky: docs/differences.md.
  bool truncation_is_error = false;  ///< A text that would be cut is an error instead.
  OffsetUnit offset_unit = OffsetUnit::kCodePoint;

  // GLiNER v1 models only; another model refuses what is not at its default.
  /// Sub-word tokens, labels included, that the encoder reads of each text; what is behind them has zero
  /// vectors, as with the reference's packing. Absent: all.
  std::optional<int> max_tokens;
  bool multi_label = false;  ///< One span may have several labels (GLiNER2: always).
  /// Pairs of entities that reach it are looked at for relations; absent: threshold.
  std::optional<double> adjacency_threshold;
  std::optional<double> relation_threshold;  ///< Score of a relation; absent: threshold.
  bool class_scores = false;                 ///< Fill Span::class_scores.
  bool vectors = false;                      ///< Fill the vectors of spans and relations.
  bool label_vectors = false;                ///< Fill the vectors of their labels.
  LabelGeneration generation;

  bool format_results = true;       ///< false: to_json gives the reference's raw shapes.
  bool include_confidence = false;  ///< to_json shows confidences.
  bool include_spans = false;       ///< to_json shows start and end.
};

/// A place in a text, half-open, in ExtractOptions::offset_unit.
struct SpanPlace {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// Where a window over a long document may end.
enum class WindowEnds {
  kWords,      ///< Behind its last word, whatever follows. The reference's rule.
  kSentences,  ///< At the last end of a sentence in its second half, if there is one; the next window then
               ///< begins, where it can, with a sentence too.
};

/// Windows for documents longer than the model was trained for.
struct LongOptions {
  int chunk_size = 384;    ///< Words of a window, > 0.
  int chunk_overlap = 64;  ///< Words shared by neighbouring windows, >= 0 and < chunk_size.
  WindowEnds ends = WindowEnds::kWords;
  /// A text of at most so many words is not cut into windows if the model reads it whole: it gets the answer
  /// of batch_extract. 0: every text goes by windows, as in the reference.
  int whole_words = 0;
};

}  // namespace gliner

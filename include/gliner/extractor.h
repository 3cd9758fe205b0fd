#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gliner/export.h"
#include "gliner/labels.h"
#include "gliner/options.h"
#include "gliner/result.h"
#include "gliner/schema.h"
#include "gliner/session.h"

namespace gliner {

/// One tensor of a checkpoint.
struct TensorReport {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::string use;  ///< Module that bound it, or the reason why it is not used.
};

/// What a checkpoint holds and what became of it.
struct ModelReport {
  std::string
      architecture;       ///< "gliner2-span", "gliner1-span", "gliner1-bi-token", "gliner1-span-relex", ...
  std::string encoder;    ///< "deberta-v2", "bert", "modernbert", ...
  std::string tokenizer;  ///< "Unigram", "WordPiece", "BPE"
  std::string counting_layer;
  std::string token_pooling;
  std::int64_t hidden_size = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::int64_t inner_size = 0;
  std::int64_t vocab_size = 0;
  std::string span_mode;             ///< GLiNER v1: "markerV0", "token_level", ...
  std::int64_t max_width = 0;        ///< Words of the longest span; 0: no limit.
  std::int64_t max_words = 0;        ///< Words that are kept of a text; 0: all.
  std::int64_t max_tokens = 0;       ///< Sub-word tokens that are kept of a text with its labels; 0: all.
  std::vector<std::string> devices;  ///< Where the model lies: "cpu", or "cuda:N" for each card.
  std::int64_t parameters = 0;       ///< Elements of all tensors.
  std::int64_t weight_bytes = 0;     ///< Bytes of the weight files.
  std::vector<std::pair<std::string, std::int64_t>> special_tokens;  ///< Marker and id.
  std::vector<TensorReport> tensors;
  /// Names of tensors that are known not to be needed (a pooler, for example); TensorReport::use says why. A
  /// tensor that nothing explains is a ModelError.
  std::vector<std::string> unused_tensors;
};

/// What became of LoadOptions::cuda_graphs so far: counts of forward passes that were small enough.
struct CudaGraphReport {
  std::int64_t replayed = 0;  ///< From a graph.
  std::int64_t launched = 0;  ///< Launch by launch: sizes that are new, or that a graph could not be had for.
  std::int64_t captured = 0;  ///< Graphs made; forgotten ones count.
  std::int64_t failures = 0;  ///< Captures and replays that failed; such sizes are launched from then on.
  std::string failure;        ///< Why the first of them failed; empty: none did.
};

/// A loaded model that extracts what a Schema names.
///
/// Thread contract: immutable after loading; any number of threads may call any method at the same time and
/// get the answers that one thread gets. Copies are cheap and share the model.
///
/// Errors: InputError for what the caller can mend before anything is computed, ModelError from `load`.
class GLINER_EXPORT Extractor {
 public:
  /// Loads a checkpoint folder of any family as the hub lays it out. Reads nothing outside that folder.
  static Extractor load(const std::string& directory, const LoadOptions& options = {});
  /// Loads a checkpoint from files that lie apart.
  static Extractor load(const ModelFiles& files, const LoadOptions& options = {});

  Extractor(const Extractor&);
  Extractor(Extractor&&) noexcept;
  Extractor& operator=(const Extractor&);
  Extractor& operator=(Extractor&&) noexcept;
  ~Extractor();

  /// Extracts from one text (UTF-8).
  Result extract(const std::string& text, const Schema& schema, const ExtractOptions& options = {}) const;
  /// Extracts from many texts with one schema; results in input order. A text that cannot be processed (for
  /// example invalid UTF-8) carries its own Result::error; the others are not affected.
  std::vector<Result> batch_extract(const std::vector<std::string>& texts, const Schema& schema,
                                    const ExtractOptions& options = {}) const;
  /// The same with one schema per text. Throws InputError if the counts differ.
  std::vector<Result> batch_extract(const std::vector<std::string>& texts, const std::vector<Schema>& schemas,
                                    const ExtractOptions& options = {}) const;

  /// Scans a long document in overlapping windows of words and merges what was found; offsets are the
  /// document's. `max_len` is not used: the window is the limit.
  Result extract_long(const std::string& text, const Schema& schema, const ExtractOptions& options = {},
                      const LongOptions& windows = {}) const;
  std::vector<Result> batch_extract_long(const std::vector<std::string>& texts, const Schema& schema,
                                         const ExtractOptions& options = {},
                                         const LongOptions& windows = {}) const;
  std::vector<Result> batch_extract_long(const std::vector<std::string>& texts,
                                         const std::vector<Schema>& schemas,
                                         const ExtractOptions& options = {},
                                         const LongOptions& windows = {}) const;

  /// Encodes labels once, for any number of calls (GLiNER v1 bi-encoders; other models throw InputError).
  /// extract and its siblings remember the labels they met by themselves; this is for thousands of labels,
  /// for keeping them in a file, and for naming them otherwise.
  LabelVectors encode_labels(const std::vector<std::string>& labels) const;
  /// Extracts entities with labels that are encoded already.
  std::vector<Result> batch_extract_entities(const std::vector<std::string>& texts,
                                             const LabelVectors& labels,
                                             const ExtractOptions& options = {}) const;

  /// Labels given spans instead of finding them (GLiNER v1): `places[i]` are those of `texts[i]`, in
  /// options.offset_unit (code points or bytes). A place that does not begin and end with a word is left out.
  std::vector<Result> batch_label_spans(const std::vector<std::string>& texts,
                                        const std::vector<std::vector<SpanPlace>>& places,
                                        const Schema& schema, const ExtractOptions& options = {}) const;

  /// Begins to read a growing text (streaming models of GLiNER v1; other models throw InputError).
  Session open_session(const Schema& schema) const;

  // Shorthands for a schema of one kind.
  Result extract_entities(const std::string& text, const std::vector<std::string>& labels,
                          const ExtractOptions& options = {}) const;
  std::vector<Result> batch_extract_entities(const std::vector<std::string>& texts,
                                             const std::vector<std::string>& labels,
                                             const ExtractOptions& options = {}) const;
  Result extract_entities_long(const std::string& text, const std::vector<std::string>& labels,
                               const ExtractOptions& options = {}, const LongOptions& windows = {}) const;
  std::vector<Result> batch_extract_entities_long(const std::vector<std::string>& texts,
                                                  const std::vector<std::string>& labels,
                                                  const ExtractOptions& options = {},
                                                  const LongOptions& windows = {}) const;

  Result classify_text(const std::string& text, const std::string& task,
                       const std::vector<std::string>& labels, const ExtractOptions& options = {}) const;
  std::vector<Result> batch_classify_text(const std::vector<std::string>& texts, const std::string& task,
                                          const std::vector<std::string>& labels,
                                          const ExtractOptions& options = {}) const;
  Result classify_text_long(const std::string& text, const std::string& task,
                            const std::vector<std::string>& labels, const ExtractOptions& options = {},
                            const LongOptions& windows = {}) const;
  std::vector<Result> batch_classify_text_long(const std::vector<std::string>& texts, const std::string& task,
                                               const std::vector<std::string>& labels,
                                               const ExtractOptions& options = {},
                                               const LongOptions& windows = {}) const;

  Result extract_relations(const std::string& text, const std::vector<std::string>& relations,
                           const ExtractOptions& options = {}) const;
  std::vector<Result> batch_extract_relations(const std::vector<std::string>& texts,
                                              const std::vector<std::string>& relations,
                                              const ExtractOptions& options = {}) const;
  Result extract_relations_long(const std::string& text, const std::vector<std::string>& relations,
                                const ExtractOptions& options = {}, const LongOptions& windows = {}) const;
  std::vector<Result> batch_extract_relations_long(const std::vector<std::string>& texts,
                                                   const std::vector<std::string>& relations,
                                                   const ExtractOptions& options = {},
                                                   const LongOptions& windows = {}) const;

  /// Extracts records of one structure; fields in the mini-language of Schema::structure.
  Result extract_json(const std::string& text, const std::string& structure,
                      const std::vector<std::string>& field_specs, const ExtractOptions& options = {}) const;
  std::vector<Result> batch_extract_json(const std::vector<std::string>& texts, const std::string& structure,
                                         const std::vector<std::string>& field_specs,
                                         const ExtractOptions& options = {}) const;
  Result extract_json_long(const std::string& text, const std::string& structure,
                           const std::vector<std::string>& field_specs, const ExtractOptions& options = {},
                           const LongOptions& windows = {}) const;
  std::vector<Result> batch_extract_json_long(const std::vector<std::string>& texts,
                                              const std::string& structure,
                                              const std::vector<std::string>& field_specs,
                                              const ExtractOptions& options = {},
                                              const LongOptions& windows = {}) const;

  /// What the checkpoint holds and which module uses which tensor.
  const ModelReport& report() const;

  /// Over all cards. All zero unless LoadOptions::cuda_graphs was set.
  CudaGraphReport cuda_graph_report() const;

 private:
  struct Impl;
  explicit Extractor(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

}  // namespace gliner

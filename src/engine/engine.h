#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/cards.h"
#include "engine/family.h"
#include "engine/prompt_cache.h"

namespace gliner {

/// The way of the data: texts and schemas in, results out, whatever the family. Immutable; safe to call from
/// any number of threads.
class Engine {
 public:
  explicit Engine(std::unique_ptr<const Family> family);

  using Specs = std::vector<std::shared_ptr<const SchemaSpec>>;

  /// What some calls bring besides texts and schemas.
  struct Extras {
    /// Per text the only spans that may be found; null: all.
    const std::vector<std::vector<SpanPlace>>* allowed = nullptr;
    /// Vectors of the labels of the only schema; null: the model makes its own.
    const LabelVectors* label_vectors = nullptr;
  };

  /// One result per text, in input order, offsets in `options.offset_unit`. `specs` has one entry for all
  /// texts or one per text. Texts that cannot be processed carry Result::error.
  std::vector<Result> extract(const std::vector<std::string>& texts, const Specs& specs,
                              const ExtractOptions& options, const Extras& extras) const;

  /// The same by windows, merged per document.
  std::vector<Result> extract_long(const std::vector<std::string>& texts, const Specs& specs,
                                   const ExtractOptions& options, const LongOptions& windows) const;

  const Family& family() const { return *family_; }

 private:
  /// `count` jobs with their results; `prepare` makes each of them.
  std::vector<std::unique_ptr<Job>> run_jobs(std::size_t count, const PrepareJob& prepare,
                                             const ExtractOptions& options) const;

  std::unique_ptr<const Family> family_;
  mutable PromptCache prompts_;
  std::unique_ptr<Cards> cards_;  // Null: the model runs on the CPU.
};

}  // namespace gliner

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "chunking/windows.h"
#include "gliner/extractor.h"
#include "gliner/options.h"
#include "gliner/result.h"
#include "schema/schema_spec.h"

namespace gliner {

/// A schema in the form in which a family asks its model for it. Immutable; shared by all texts of a call.
class FamilyPrompt {
 public:
  virtual ~FamilyPrompt() = default;
};

/// A text on its way through a family; families derive what they need between the steps.
class Job {
 public:
  virtual ~Job() = default;

  std::string text;         ///< What offsets point into: the caller's text, perhaps normalised.
  std::int64_t tokens = 0;  ///< Of its sequence; 0: nothing to run, `result` is complete.
  Result result;            ///< Offsets in bytes of `text`.
};

/// A kind of checkpoints: how its prompts are made, which batches its model wants, what is made of the
/// model's answer. The engine knows families by this class only. Immutable; any number of threads may call
/// any method.
class Family {
 public:
  virtual ~Family() = default;

  virtual const ModelReport& report() const = 0;

  /// Longest sequence in tokens that the model has positions for; 0: no limit.
  virtual std::int64_t max_sequence_tokens() const = 0;

  /// True if an answer depends on the other texts of its batch, as the reference's padding makes it. Batches
  /// are then cut in the caller's order, texts without anything to run left out, and not by length.
  virtual bool batches_matter() const { return false; }

  /// Throws InputError on a schema that this family cannot be asked for.
  virtual std::unique_ptr<const FamilyPrompt> compile(std::shared_ptr<const SchemaSpec> spec) const = 0;

  /// `text` is valid UTF-8. The job may refer to `prompt`. Throws InputError.
  virtual std::unique_ptr<Job> prepare(const FamilyPrompt& prompt, const std::string& text,
                                       const ExtractOptions& options) const = 0;

  /// Runs jobs of this family as one batch and fills their results. What concerns a single text becomes its
  /// Result::error.
  virtual void run(const std::vector<Job*>& batch, const ExtractOptions& options) const = 0;

  /// Cuts a document into windows of words. `text` is valid UTF-8. Throws InputError on impossible sizes.
  virtual std::vector<Window> windows(const std::string& text, const LongOptions& options,
                                      bool corrected) const = 0;

  /// The options under which windows run, so that `merge` finds what it needs.
  virtual ExtractOptions window_options(const ExtractOptions& options, const LongOptions& windows) const = 0;

  /// One result from those of a document's windows, none of which failed. Offsets in `options.offset_unit` of
  /// the document.
  virtual Result merge(const std::string& document, const std::vector<Window>& windows,
                       std::vector<std::unique_ptr<Job>> jobs, const SchemaSpec& spec,
                       const ExtractOptions& options) const = 0;
};

}  // namespace gliner

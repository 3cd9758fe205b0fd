#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "chunking/windows.h"
#include "gliner/extractor.h"
#include "gliner/labels.h"
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
  bool cut = false;         ///< max_len or the model's own limits keep a part of the text from being read.
  bool ran = false;         ///< Family::run has been there and Family::finish has work to do.
  Result result;            ///< Offsets in bytes of `text`.
};

/// Makes a job of text `index`. May be called by several threads, each index once. Must not throw for what
/// concerns one text.
using PrepareJob = std::function<std::unique_ptr<Job>(std::size_t index)>;

/// A growing text (Session). One thread at a time; the family must outlive it.
class FamilySession {
 public:
  virtual ~FamilySession() = default;
  /// Offsets of the result are bytes of `text()`.
  virtual Result append(const std::string& text, bool reread, const ExtractOptions& options) = 0;
  virtual const std::string& text() const = 0;
};

/// Where a family's model runs.
struct Placement {
  /// Batches run on cards, beside which the CPU prepares and decodes others; else on the CPU itself.
  bool on_cards = false;
  std::size_t replicas = 1;                    ///< Copies of the model, one per card.
  std::vector<std::string> devices = {"cpu"};  ///< Of the copies.
  std::int64_t batch_tokens = 0;  ///< Cards: tokens of one forward pass; 0: to be found by a trial.
  int host_threads = 1;           ///< Cards: threads that prepare and decode.
};

/// A kind of checkpoints: how its prompts are made, which batches its model wants, what is made of the
/// model's answer. The engine knows families by this class only. Immutable; any number of threads may call
/// any method.
class Family {
 public:
  virtual ~Family() = default;

  virtual const ModelReport& report() const = 0;

  virtual Placement placement() const { return {}; }

  /// Of all copies of the model.
  virtual CudaGraphReport cuda_graph_report() const { return {}; }

  /// Longest sequence in tokens that the model has positions for; 0: no limit.
  virtual std::int64_t max_sequence_tokens() const = 0;

  /// True if an answer depends on the other texts of its batch, as the reference's padding makes it. Batches
  /// are then cut in the caller's order, texts without anything to run left out, and not by length.
  virtual bool batches_matter() const { return false; }

  /// Throws InputError on a schema that this family cannot be asked for. `vectors`: the labels' vectors, in
  /// the schema's order, where the caller brings them; else null.
  virtual std::unique_ptr<const FamilyPrompt> compile(std::shared_ptr<const SchemaSpec> spec,
                                                      const LabelVectors* vectors) const = 0;

  /// `text` is valid UTF-8. The job may refer to `prompt`. `allowed`: the only spans that may be found, in
  /// options.offset_unit; null: all. Throws InputError.
  virtual std::unique_ptr<Job> prepare(const FamilyPrompt& prompt, const std::string& text,
                                       const std::vector<SpanPlace>* allowed,
                                       const ExtractOptions& options) const = 0;

  /// Runs jobs of this family as one batch on copy `replica` of the model. Throws OutOfMemory, and the jobs
  /// are then as they were, when a card has no room for it.
  virtual void run(const std::vector<Job*>& batch, const ExtractOptions& options,
                   std::size_t replica) const = 0;

  /// Makes the result of a job that ran. What concerns the text becomes its Result::error.
  virtual void finish(Job& job, const ExtractOptions& options) const = 0;

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

  /// Throws InputError unless the model reads growing texts.
  virtual std::unique_ptr<FamilySession> open_session(std::shared_ptr<const SchemaSpec> spec) const = 0;

  /// Throws InputError unless labels have an encoder of their own.
  virtual LabelVectors encode_labels(const std::vector<std::string>& labels) const = 0;
};

}  // namespace gliner

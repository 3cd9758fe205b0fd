#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/gliner1_config.h"
#include "decoding/gliner1_decoder.h"
#include "engine/family.h"
#include "engine/label_cache.h"
#include "models/span_model.h"
#include "prompt/gliner1_prompt.h"

namespace gliner {

/// GLiNER v1: entities, and for some architectures relations or generated labels, in one prompt or with an
/// encoder for labels alone.
class Gliner1Family : public Family {
 public:
  /// `replicas`: the same model, once per card of `placement`.
  Gliner1Family(Gliner1Config config, Gliner1Tokenizers tokenizers,
                std::vector<std::unique_ptr<const SpanModel>> replicas, const Placement& placement = {});

  const ModelReport& report() const override { return report_; }
  Placement placement() const override { return placement_; }
  std::int64_t max_sequence_tokens() const override { return model().max_sequence_tokens(); }
  bool batches_matter() const override;
  std::unique_ptr<const FamilyPrompt> compile(std::shared_ptr<const SchemaSpec> spec,
                                              const LabelVectors* vectors) const override;
  std::unique_ptr<Job> prepare(const FamilyPrompt& prompt, const std::string& text,
                               const std::vector<SpanPlace>* allowed,
                               const ExtractOptions& options) const override;
  void run(const std::vector<Job*>& batch, const ExtractOptions& options, std::size_t replica) const override;
  void finish(Job& job, const ExtractOptions& options) const override;
  std::vector<Window> windows(const std::string& text, const LongOptions& options,
                              bool corrected) const override;
  ExtractOptions window_options(const ExtractOptions& options, const LongOptions& windows) const override;
  Result merge(const std::string& document, const std::vector<Window>& windows,
               std::vector<std::unique_ptr<Job>> jobs, const SchemaSpec& spec,
               const ExtractOptions& options) const override;
  std::unique_ptr<FamilySession> open_session(std::shared_ptr<const SchemaSpec> spec) const override;
  LabelVectors encode_labels(const std::vector<std::string>& labels) const override;

 private:
  /// For what is not a batch: labels, sessions.
  const SpanModel& model() const { return *replicas_.front(); }
  std::shared_ptr<const LabelMatrix> label_matrix(const std::vector<std::string>& labels) const;
  GenerationRequest generation_request(const LabelGeneration& options) const;
  GeneratedLabels generated_labels(const SpanOutput& output) const;

  Gliner1Config config_;
  Gliner1Tokenizers tokenizers_;
  std::vector<std::unique_ptr<const SpanModel>> replicas_;
  Placement placement_;
  ModelReport report_;
  mutable LabelCache label_cache_;
};

/// Loads a GLiNER v1 checkpoint. Throws ModelError and InputError.
std::unique_ptr<const Family> load_gliner1_family(const ModelFiles& files, const LoadOptions& options);

}  // namespace gliner

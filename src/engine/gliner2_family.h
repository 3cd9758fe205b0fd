#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/gliner2_config.h"
#include "engine/family.h"
#include "models/model.h"
#include "tokenizers/tokenizer.h"

namespace gliner {

/// GLiNER2: schemas of every kind in one prompt.
class Gliner2Family : public Family {
 public:
  /// `replicas`: the same model, once per card of `placement`.
  Gliner2Family(std::vector<std::unique_ptr<const Model>> replicas,
                std::unique_ptr<const Tokenizer> tokenizer, TokenPooling pooling, WordSplitter splitter,
                const Placement& placement = {});

  const ModelReport& report() const override { return report_; }
  Placement placement() const override { return placement_; }
  CudaGraphReport cuda_graph_report() const override;
  std::int64_t max_sequence_tokens() const override { return replicas_.front()->max_sequence_tokens(); }
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
  std::vector<std::unique_ptr<const Model>> replicas_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  TokenPooling pooling_;
  WordSplitter splitter_;
  Placement placement_;
  ModelReport report_;
};

/// Loads a GLiNER2 checkpoint. Throws ModelError and InputError.
std::unique_ptr<const Family> load_gliner2_family(const ModelFiles& files, const LoadOptions& options);

}  // namespace gliner

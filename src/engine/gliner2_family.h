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
  Gliner2Family(std::unique_ptr<const Model> model, std::unique_ptr<const Tokenizer> tokenizer,
                TokenPooling pooling, WordSplitter splitter);

  const ModelReport& report() const override { return report_; }
  std::int64_t max_sequence_tokens() const override { return model_->max_sequence_tokens(); }
  std::unique_ptr<const FamilyPrompt> compile(std::shared_ptr<const SchemaSpec> spec) const override;
  std::unique_ptr<Job> prepare(const FamilyPrompt& prompt, const std::string& text,
                               const ExtractOptions& options) const override;
  void run(const std::vector<Job*>& batch, const ExtractOptions& options) const override;
  std::vector<Window> windows(const std::string& text, const LongOptions& options,
                              bool corrected) const override;
  ExtractOptions window_options(const ExtractOptions& options, const LongOptions& windows) const override;
  Result merge(const std::string& document, const std::vector<Window>& windows,
               std::vector<std::unique_ptr<Job>> jobs, const SchemaSpec& spec,
               const ExtractOptions& options) const override;

 private:
  std::unique_ptr<const Model> model_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  TokenPooling pooling_;
  WordSplitter splitter_;
  ModelReport report_;
};

/// Loads a GLiNER2 checkpoint. Throws ModelError and InputError.
std::unique_ptr<const Family> load_gliner2_family(const ModelFiles& files, const LoadOptions& options);

}  // namespace gliner

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/gliner2_config.h"
#include "gliner/options.h"
#include "gliner/result.h"
#include "models/model.h"
#include "prompt/compiled_prompt.h"
#include "tokenizers/tokenizer.h"

namespace gliner {

/// The way of the data: texts and schemas in, results out. Immutable; safe to call from any number of
/// threads.
class Engine {
 public:
  Engine(std::unique_ptr<const Model> model, std::unique_ptr<const Tokenizer> tokenizer, TokenPooling pooling,
         WordSplitter splitter);

  using Specs = std::vector<std::shared_ptr<const SchemaSpec>>;

  /// One result per text, in input order, offsets in `options.offset_unit`. `specs` has one entry for all
  /// texts or one per text. Texts that cannot be processed carry Result::error.
  std::vector<Result> extract(const std::vector<std::string>& texts, const Specs& specs,
                              const ExtractOptions& options) const;

  /// The same by windows, merged per document.
  std::vector<Result> extract_long(const std::vector<std::string>& texts, const Specs& specs,
                                   const ExtractOptions& options, const LongOptions& windows) const;

  const Model& model() const { return *model_; }

 private:
  /// Results with offsets in bytes of the normalised text, which is returned beside them.
  struct Decoded {
    Result result;
    std::string text;
  };
  std::vector<Decoded> run(const std::vector<std::string>& texts, const Specs& specs,
                           const ExtractOptions& options) const;
  Result merge(const std::string& document, const struct DocumentWindows& windows,
               std::vector<Decoded> decoded, const SchemaSpec& spec, const ExtractOptions& options) const;

  std::unique_ptr<const Model> model_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  TokenPooling pooling_;
  WordSplitter splitter_;
};

}  // namespace gliner

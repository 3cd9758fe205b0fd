#pragma once

#include <gliner/gliner.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace golden {

using Json = nlohmann::ordered_json;

/// What the calls ask of a GLiNER v1 model, however it runs.
class Gliner1Callee {
 public:
  using Texts = std::vector<std::string>;
  using Results = std::vector<gliner::Result>;

  virtual ~Gliner1Callee() = default;
  virtual const gliner::ModelReport& report() const = 0;
  /// `schemas`: one for all texts, or one per text.
  virtual Results extract(const Texts& texts, const std::vector<gliner::Schema>& schemas,
                          const gliner::ExtractOptions& options) const = 0;
  virtual Results extract(const Texts& texts, const gliner::LabelVectors& labels,
                          const gliner::ExtractOptions& options) const = 0;
  virtual Results label_spans(const Texts& texts, const std::vector<std::vector<gliner::SpanPlace>>& places,
                              const gliner::Schema& schema, const gliner::ExtractOptions& options) const = 0;
  virtual gliner::LabelVectors encode_labels(const Texts& labels) const = 0;
  /// One more text for the session of that name, which `schema` opens.
  virtual gliner::Result append(const std::string& session, const gliner::Schema& schema,
                                const std::string& text, bool reread,
                                const gliner::ExtractOptions& options) = 0;
};

/// True for the methods of the package gliner (GLiNER v1); others are gliner2's.
bool is_gliner1_call(const std::string& call);

/// `answer` for those methods.
Json answer_gliner1(Gliner1Callee& model, const std::string& call, const Json& args);

}  // namespace golden

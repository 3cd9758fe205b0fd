#include "golden_calls.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "gliner1_calls.h"
#include "golden_request.h"

namespace golden {
namespace {

Json result_json(const gliner::Result& result) { return Json::parse(gliner::to_json(result)); }

/// A model through the public interface.
class ExtractorCallee : public Gliner1Callee {
 public:
  explicit ExtractorCallee(const gliner::Extractor& model) : model_(model) {}

  const gliner::ModelReport& report() const override { return model_.report(); }
  Results extract(const Texts& texts, const std::vector<gliner::Schema>& schemas,
                  const gliner::ExtractOptions& options) const override {
    return schemas.size() == 1 ? model_.batch_extract(texts, schemas.front(), options)
                               : model_.batch_extract(texts, schemas, options);
  }
  Results extract(const Texts& texts, const gliner::LabelVectors& labels,
                  const gliner::ExtractOptions& options) const override {
    return model_.batch_extract_entities(texts, labels, options);
  }
  Results label_spans(const Texts& texts, const std::vector<std::vector<gliner::SpanPlace>>& places,
                      const gliner::Schema& schema, const gliner::ExtractOptions& options) const override {
    return model_.batch_label_spans(texts, places, schema, options);
  }
  gliner::LabelVectors encode_labels(const Texts& labels) const override {
    return model_.encode_labels(labels);
  }
  gliner::Result append(const std::string& session, const gliner::Schema& schema, const std::string& text,
                        bool reread, const gliner::ExtractOptions& options) override {
    if (sessions_.count(session) == 0) sessions_.emplace(session, model_.open_session(schema));
    gliner::Session& own = sessions_.at(session);
    return reread ? own.append_and_reread(text, options) : own.append(text, options);
  }

 private:
  const gliner::Extractor& model_;
  std::map<std::string, gliner::Session> sessions_;
};

}  // namespace

Json answer(const gliner::Extractor& model, const std::string& call, const Json& args) {
  if (is_gliner1_call(call)) {
    ExtractorCallee callee(model);
    return answer_gliner1(callee, call, args);
  }
  const Request request = read_request(call, args);
  if (!request.is_batch) {
    const std::string& text = request.texts.front();
    const gliner::Schema& schema = request.schemas.front();
    return result_json(request.is_long ? model.extract_long(text, schema, request.options, request.windows)
                                       : model.extract(text, schema, request.options));
  }
  std::vector<gliner::Result> results;
  if (request.schema_each) {
    results = request.is_long
                  ? model.batch_extract_long(request.texts, request.schemas, request.options, request.windows)
                  : model.batch_extract(request.texts, request.schemas, request.options);
  } else {
    const gliner::Schema& schema = request.schemas.front();
    results = request.is_long
                  ? model.batch_extract_long(request.texts, schema, request.options, request.windows)
                  : model.batch_extract(request.texts, schema, request.options);
  }
  Json out = Json::array();
  for (const gliner::Result& result : results) out.push_back(result_json(result));
  return out;
}

Json prompt_line(const gliner::PromptTokenizer& tokenizer, const Json& line) {
  const gliner::PromptTokens tokens = tokenizer.tokenize(line.at("text").get<std::string>(),
                                                         line.at("labels").get<std::vector<std::string>>());
  Json words = Json::array();
  for (const gliner::TokenizedWord& word : tokens.words)
    words.push_back({word.word, word.begin_char, word.end_char});
  Json out = {{"words", words}, {"ids", tokens.ids}, {"words_mask", tokens.word_numbers}};
  if (!tokens.label_ids.empty()) {
    std::size_t longest = 0;
    for (const std::vector<std::int32_t>& row : tokens.label_ids) longest = std::max(longest, row.size());
    Json rows = Json::array();
    for (std::vector<std::int32_t> row : tokens.label_ids) {
      row.resize(longest, 0);
      rows.push_back(row);
    }
    out["labels_input_ids"] = rows;
  }
  if (!tokens.decoder_ids.empty()) {
    out["decoder_input_ids"] = tokens.decoder_ids;
    out["decoder_words_mask"] = tokens.decoder_word_numbers;
  }
  return out;
}

}  // namespace golden

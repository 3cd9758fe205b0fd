// Every recorded case of GLiNER v1 by the way that batches take on cards, only that the card is the CPU.
// GLINER_GOLDEN1 may name another folder of recorded models.
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/mapped_file.h"
#include "engine/engine.h"
#include "engine/gliner1_family.h"
#include "gliner/error.h"
#include "gliner1_calls.h"
#include "golden_compare.h"
#include "io/model_dir.h"
#include "models/gliner1_card_run.h"
#include "nn/threads.h"

namespace {

using golden::Json;

/// The same tolerance as golden_test.
constexpr double kScoreTolerance = 1e-4;

/// Runs what the pass for cards covers by it, the rest as cards run it: as the CPU does.
class CardModel : public gliner::SpanModel {
 public:
  explicit CardModel(std::unique_ptr<const gliner::SpanModel> model) : model_(std::move(model)) {}

  std::vector<gliner::SpanOutput> run(const gliner::SpanBatch& batch,
                                      const gliner::TraceSink& trace) const override {
    const auto& model = static_cast<const gliner::Gliner1Model&>(*model_);
    if (!gliner::Gliner1CardRun::covers(model.config(), model.modules(), batch))
      return model_->run(batch, trace);
    const c10::InferenceMode inference;
    const gliner::IntraOpScope one_thread(1);
    ++passes;
    return gliner::Gliner1CardRun(model.config(), model.modules(), shared_labels_, batch, c10::kCPU)
        .outputs();
  }
  gliner::LabelMatrix encode_labels(const std::vector<std::vector<std::int32_t>>& labels) const override {
    return model_->encode_labels(labels);
  }
  std::unique_ptr<gliner::SpanStream> open_stream() const override { return model_->open_stream(); }
  std::int64_t max_sequence_tokens() const override { return model_->max_sequence_tokens(); }
  std::int64_t max_label_tokens() const override { return model_->max_label_tokens(); }
  const gliner::ModelReport& report() const override { return model_->report(); }

  static inline std::atomic<int> passes{0};

 private:
  std::unique_ptr<const gliner::SpanModel> model_;
  mutable gliner::SharedLabels shared_labels_;
};

std::unique_ptr<gliner::Engine> load(const std::string& directory) {
  const gliner::ModelFiles files = gliner::find_model_files(directory);
  const gliner::Gliner1Config config =
      gliner::parse_gliner1_config(gliner::MappedFile(files.config).text(), files.config);
  gliner::Gliner1Tokenizers tokenizers = gliner::load_gliner1_tokenizers(files, config);
  gliner::TokenizerSizes sizes;
  sizes.text = tokenizers.text.tokenizer->size();
  if (tokenizers.labels.tokenizer) sizes.labels = tokenizers.labels.tokenizer->size();
  if (tokenizers.decoder.tokenizer) sizes.decoder = tokenizers.decoder.tokenizer->size();
  gliner::Placement placement;
  placement.on_cards = true;
  placement.replicas = 2;
  placement.batch_tokens = 700;
  placement.host_threads = 2;
  std::vector<std::unique_ptr<const gliner::SpanModel>> replicas;
  for (std::size_t card = 0; card < placement.replicas; ++card)
    replicas.push_back(std::make_unique<CardModel>(
        gliner::load_gliner1(files.weights, config, *config.encoder, sizes, gliner::LoadOptions{"cpu", 1})));
  return std::make_unique<gliner::Engine>(
      std::make_unique<gliner::Gliner1Family>(config, std::move(tokenizers), std::move(replicas), placement));
}

class EngineCallee : public golden::Gliner1Callee {
 public:
  explicit EngineCallee(const std::string& directory) : engine_(load(directory)) {}

  const gliner::ModelReport& report() const override { return engine_->family().report(); }
  Results extract(const Texts& texts, const std::vector<gliner::Schema>& schemas,
                  const gliner::ExtractOptions& options) const override {
    gliner::Engine::Specs specs;
    for (const gliner::Schema& schema : schemas) specs.push_back(schema.spec());
    return texts.empty() ? Results() : engine_->extract(texts, specs, options, {});
  }
  Results extract(const Texts& texts, const gliner::LabelVectors& labels,
                  const gliner::ExtractOptions& options) const override {
    gliner::Engine::Extras extras;
    extras.label_vectors = &labels;
    return engine_->extract(texts, {gliner::Schema().entities(labels.labels).spec()}, options, extras);
  }
  Results label_spans(const Texts& texts, const std::vector<std::vector<gliner::SpanPlace>>& places,
                      const gliner::Schema& schema, const gliner::ExtractOptions& options) const override {
    gliner::Engine::Extras extras;
    extras.allowed = &places;
    return engine_->extract(texts, {schema.spec()}, options, extras);
  }
  gliner::LabelVectors encode_labels(const Texts& labels) const override {
    return engine_->family().encode_labels(labels);
  }
  gliner::Result append(const std::string&, const gliner::Schema&, const std::string&, bool,
                        const gliner::ExtractOptions&) override {
    throw gliner::InputError("sessions do not run by batches");
  }

 private:
  std::unique_ptr<gliner::Engine> engine_;
};

std::filesystem::path golden_folder() {
  const char* other = std::getenv("GLINER_GOLDEN1");
  return other != nullptr ? other : GLINER_TEST_DATA "/golden1";
}

std::vector<std::string> recorded_models() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder()))
    if (std::filesystem::exists(entry.path() / "cases.jsonl")) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

class Gliner1GoldenCardRun : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Models, Gliner1GoldenCardRun, testing::ValuesIn(recorded_models()),
                         [](const auto& model) {
                           std::string name = model.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_P(Gliner1GoldenCardRun, AnswersEveryRecordedCaseAsTheReferenceDid) {
  const std::filesystem::path folder = golden_folder() / GetParam();
  EngineCallee model((folder / "model").string());
  std::vector<std::string> differences;
  std::size_t cases = 0;
  CardModel::passes = 0;
  std::ifstream file(folder / "cases.jsonl");
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    const Json item = Json::parse(line);
    const auto call = item.at("call").get<std::string>();
    if (item.contains("error") || item.value("fragile", false) || call == "session") continue;
    ++cases;
    std::string what;
    try {
      what = golden::difference(item.at("expect"), golden::answer_gliner1(model, call, item.at("args")),
                                kScoreTolerance);
    } catch (const gliner::InputError& e) {
      what = std::string("was refused: ") + e.what();
    }
    if (!what.empty()) differences.push_back(item.at("id").get<std::string>() + ": " + what);
  }
  EXPECT_GT(cases, 0U) << folder;
  EXPECT_THAT(differences, testing::IsEmpty());
  RecordProperty("passes_without_waits", CardModel::passes);
  if (GetParam() == "bi-token" || GetParam() == "relex-dot" || GetParam() == "uni-span-bert") {
    EXPECT_GT(CardModel::passes, 0) << "this model is covered";
  }
}

}  // namespace

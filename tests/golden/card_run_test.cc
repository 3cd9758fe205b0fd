// Every recorded case of GLiNER2 by the way that batches take on cards, only that the card is the CPU: the
// pass without host round trips, batches by tokens, jobs on threads of their own.
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "../unit/models/fake_capture.h"
#include "base/mapped_file.h"
#include "engine/engine.h"
#include "engine/gliner2_family.h"
#include "gliner/error.h"
#include "golden_compare.h"
#include "golden_request.h"
#include "io/model_dir.h"
#include "models/gliner2_card_run.h"
#include "nn/threads.h"
#include "prompt/markers.h"

namespace {

using golden::Json;

/// The same tolerance as golden_test.
constexpr double kScoreTolerance = 1e-4;

class CardModel : public gliner::Model {
 public:
  /// `by_graphs`: small passes are padded, captured at first sight and then replayed.
  CardModel(std::unique_ptr<gliner::Model> model, bool by_graphs) : model_(std::move(model)) {
    if (by_graphs)
      graphs_ = std::make_unique<gliner::CardGraphs>(
          c10::kCPU, [] { return std::make_unique<gliner::FakeCapture>(); },
          gliner::GraphLane::Limits{/*graphs=*/32, /*keys=*/256, /*sightings=*/0});
  }

  std::vector<gliner::SequenceOutput> run(const gliner::PackedBatch& batch,
                                          const gliner::TraceSink&) const override {
    const c10::InferenceMode inference;
    const gliner::IntraOpScope one_thread(1);
    const auto& modules = static_cast<const gliner::Gliner2Span&>(*model_).modules();
    return gliner::Gliner2CardRun(modules, batch, c10::kCPU, room_, graphs_.get()).outputs();
  }
  gliner::CudaGraphReport cuda_graph_report() const override {
    return graphs_ ? graphs_->report() : gliner::CudaGraphReport{};
  }
  std::int64_t max_sequence_tokens() const override { return model_->max_sequence_tokens(); }
  const gliner::ModelReport& report() const override { return model_->report(); }

 private:
  std::unique_ptr<gliner::Model> model_;
  mutable gliner::HeadRoom room_;
  std::unique_ptr<gliner::CardGraphs> graphs_;
};

std::unique_ptr<gliner::Engine> load(const std::string& directory, const std::string& splitter,
                                     bool by_graphs) {
  const gliner::ModelFiles files = gliner::find_model_files(directory);
  const gliner::MappedFile config(files.config);
  auto tokenizer = std::make_unique<gliner::Tokenizer>(gliner::Tokenizer::load(files.tokenizer));
  tokenizer->add_special_tokens(gliner::marker_tokens());
  std::vector<std::unique_ptr<const gliner::Model>> replicas;
  for (int card = 0; card < 2; ++card)
    replicas.push_back(std::make_unique<CardModel>(
        gliner::load_gliner2_span(files, tokenizer->size(), gliner::LoadOptions{"cpu", 1}), by_graphs));
  gliner::Placement placement;
  placement.on_cards = true;
  placement.replicas = replicas.size();
  placement.batch_tokens = 700;
  placement.host_threads = 2;
  return std::make_unique<gliner::Engine>(std::make_unique<gliner::Gliner2Family>(
      std::move(replicas), std::move(tokenizer),
      gliner::parse_gliner2_config(config.text(), files.config).token_pooling,
      gliner::parse_word_splitter(splitter), placement));
}

Json answer(const gliner::Engine& engine, const golden::Request& request) {
  gliner::Engine::Specs specs;
  if (request.schema_each && request.schemas.size() != request.texts.size())
    throw gliner::InputError("one schema per text");
  for (const gliner::Schema& schema : request.schemas) specs.push_back(schema.spec());
  if (request.texts.empty() && request.schema_each) return Json::array();
  const std::vector<gliner::Result> results =
      request.is_long ? engine.extract_long(request.texts, specs, request.options, request.windows)
                      : engine.extract(request.texts, specs, request.options, {});
  if (!request.is_batch) {
    if (results.front().error) throw gliner::InputError(*results.front().error);
    return Json::parse(gliner::to_json(results.front()));
  }
  Json out = Json::array();
  for (const gliner::Result& result : results) out.push_back(Json::parse(gliner::to_json(result)));
  return out;
}

/// Puts neighbours of a list whose scores are equal but for rounding in the order of their places: the sums
/// of this way are rounded otherwise than those of the CPU.
Json with_ties_in_order(const Json& value) {
  constexpr double kTie = 1e-5;
  if (!value.is_structured()) return value;
  Json ordered = value;
  for (auto& item : ordered) item = with_ties_in_order(item);
  const auto has_place = [](const Json& item) {
    return item.is_object() && item.contains("confidence") && item.contains("start");
  };
  if (!ordered.is_array() || !std::all_of(ordered.begin(), ordered.end(), has_place)) return ordered;
  const auto confidence = [&](std::size_t i) { return ordered[i].at("confidence").get<double>(); };
  for (std::size_t begin = 0; begin < ordered.size();) {
    std::size_t end = begin + 1;
    while (end < ordered.size() && std::abs(confidence(end) - confidence(end - 1)) < kTie) ++end;
    std::sort(ordered.begin() + static_cast<std::ptrdiff_t>(begin),
              ordered.begin() + static_cast<std::ptrdiff_t>(end), [](const Json& a, const Json& b) {
                return a.at("start").get<int>() < b.at("start").get<int>();
              });
    begin = end;
  }
  return ordered;
}

class GoldenCardRun : public testing::TestWithParam<const char*> {
 protected:
  /// Every recorded case `times` times, of which the last one counts.
  static gliner::CudaGraphReport run_cases(bool by_graphs, int times);
};

INSTANTIATE_TEST_SUITE_P(Span, GoldenCardRun,
                         testing::Values("span-bert", "span-deberta-v2cnt", "span-deberta-v3",
                                         "span-modernbert"),
                         [](const auto& model) {
                           std::string name = model.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

gliner::CudaGraphReport GoldenCardRun::run_cases(bool by_graphs, int times) {
  const std::string folder = std::string(GLINER_TEST_DATA "/golden2/") + GetParam();
  std::map<std::string, std::unique_ptr<gliner::Engine>> engines;
  std::vector<std::string> differences;
  std::size_t cases = 0;
  std::ifstream file(folder + "/cases.jsonl");
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    const Json item = Json::parse(line);
    if (item.contains("error") || item.value("fragile", false)) continue;
    ++cases;
    auto& engine = engines[item.value("word_splitter", std::string("whitespace"))];
    if (!engine)
      engine = load(folder + "/model", item.value("word_splitter", std::string("whitespace")), by_graphs);
    std::string what;
    try {
      const golden::Request request =
          golden::read_request(item.at("call").get<std::string>(), item.at("args"));
      for (int i = 0; i < times; ++i)
        what = golden::difference(with_ties_in_order(item.at("expect")),
                                  with_ties_in_order(answer(*engine, request)), kScoreTolerance);
    } catch (const gliner::InputError& e) {
      what = std::string("was refused: ") + e.what();
    }
    if (!what.empty()) differences.push_back(item.at("id").get<std::string>() + ": " + what);
  }
  EXPECT_GT(cases, 100U) << folder;
  EXPECT_THAT(differences, testing::IsEmpty());
  gliner::CudaGraphReport sum;
  for (const auto& [splitter, engine] : engines) {
    const gliner::CudaGraphReport own = engine->family().cuda_graph_report();
    gliner::add_to(sum, own);
    EXPECT_EQ(own.failure, "");
  }
  return sum;
}

TEST_P(GoldenCardRun, AnswersEveryRecordedCaseAsTheReferenceDid) { run_cases(false, 1); }

TEST_P(GoldenCardRun, AnswersThemAsWellByReplaysOfPaddedPasses) {
  const gliner::CudaGraphReport report = run_cases(true, 2);
  EXPECT_GT(report.replayed, 100);
  EXPECT_EQ(report.failures, 0);
}

}  // namespace

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "process.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kModel = GLINER_DEMO_MODEL;
const std::string kCook = "Apple CEO Tim Cook announced the new iPhone 15 in Cupertino on September 12.";
const std::string kMerkel = "Angela Merkel met Emmanuel Macron in Paris last Tuesday.";

std::string line(const Json& id, const std::string& text) {
  return Json{{"id", id}, {"text", text}}.dump() + "\n";
}

/// "entities --label person --label company" and more words.
std::vector<std::string> entities(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"entities", "--label", "person", "--label", "company"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

const Json kCookEntities = {{"entities", {{"person", {"Tim Cook"}}, {"company", {"Apple"}}}}};

// ---- help and usage ----

TEST(Help, VersionIsPrinted) {
  const Outcome outcome = run_gliner({"--version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, ::testing::StartsWith("gliner "));
}

TEST(Help, EverySubcommandShowsDefaultsAndExitCodes) {
  for (const char* command :
       {"entities", "classify", "relations", "json", "run", "redact", "eval", "pull", "inspect", "bench"}) {
    SCOPED_TRACE(command);
    const Outcome outcome = run_gliner({command, "--help"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out,
                AllOf(HasSubstr("--model-dir"), HasSubstr("--threads N=0"), HasSubstr("Exit codes:")));
  }
  EXPECT_THAT(run_gliner({"entities", "--help"}).out,
              AllOf(HasSubstr("=0.5"), HasSubstr("--batch-size N=8"), HasSubstr("--chunk-size N=384"),
                    HasSubstr("--chunk-overlap N=64"), HasSubstr("--text-field NAME=text"),
                    HasSubstr("--id-field NAME=id")));
  EXPECT_THAT(run_gliner({"--help"}).out, AllOf(HasSubstr("entities"), HasSubstr("Exit codes:")));
}

class Usage : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(Usage, EndsWithTwoAMessageAndNoRows) {
  const Outcome outcome = run_gliner(GetParam());
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, Not(IsEmpty()));
  EXPECT_THAT(outcome.out, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    CommandLines, Usage,
    ::testing::Values(
        std::vector<std::string>{}, std::vector<std::string>{"frobnicate"},
        std::vector<std::string>{"entities", "--text", "t"},                              // nothing to find
        entities({"--no-such-flag", "--text", "t"}), entities({}),                        // no input
        entities({"--labels-json", "[\"x\"]", "--text", "t"}),                            // two ways at once
        std::vector<std::string>{"entities", "--labels-json", "{broken", "--text", "t"},  //
        std::vector<std::string>{"entities", "--labels-json", "/no/such.json", "--text", "t"},  //
        entities({"--threshold", "1.5", "--text", "t"}), entities({"--threshold", "nan", "--text", "t"}),
        entities({"--batch-size", "0", "--text", "t"}), entities({"--threads", "-1", "--text", "t"}),
        entities({"--overlap-policy", "sideways", "--text", "t"}),
        entities({"--offset-unit", "metre", "--text", "t"}), entities({"--log-level", "loud", "--text", "t"}),
        entities({"-q", "-v", "--text", "t"}), entities({"--text", "t", "input.txt"}),
        entities({"/no/such.jsonl"}), entities({"/no/such/*.txt"}),
        entities({"--long", "--raw", "--text", "t"}), entities({"--long", "--max-len", "9", "--text", "t"}),
        entities({"--long", "--chunk-size", "8", "--chunk-overlap", "8", "--text", "t"}),
        entities({"--model-dir", "", "--text", "t"}),
        // A mix of model sources, and a set of files with one missing.
        entities({"--model-dir", kModel, "--model", "org/name", "--text", "t"}),
        entities({"--model", "org/name", "--weights", "w", "--text", "t"}),
        entities({"--model-dir", kModel, "--config", "c", "--text", "t"}),
        entities({"--config", "c", "--tokenizer", "t", "--weights", "w", "--text", "t"}),
        entities({"--model", "no-slash-but/two/slashes", "--text", "t"}),
        entities({"--text", "t", "-o", "/no/such/folder/rows.jsonl"}),
        std::vector<std::string>{"classify", "--label", "a", "--label", "b", "--text", "t"},  // no task
        std::vector<std::string>{"json", "--structures", "/no/such.json", "--text", "t"},
        std::vector<std::string>{"run", "--text", "t"}, std::vector<std::string>{"bench", "--label", "a"}));

// ---- models ----

TEST(Model, AFolderThatIsNoneEndsWithThree) {
  const TemporaryFolder folder;
  for (const std::string& directory : {folder.path(), folder.path() + "/missing"}) {
    const Outcome outcome = run_gliner(entities({"--model-dir", directory, "--text", "t"}));
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_THAT(outcome.err, HasSubstr(directory));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST(Model, MissingInTheCacheSaysHowToFetchIt) {
  const TemporaryFolder folder;
  const Outcome outcome = run_gliner(entities({"--model", "acme/tiny", "--text", "t"}), "",
                                     {{"HF_HOME", folder.path()}, {"HF_HUB_CACHE", ""}});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("acme/tiny"), HasSubstr("gliner pull acme/tiny"), HasSubstr(folder.path())));
}

TEST(Model, IsFoundInTheCache) {
  const TemporaryFolder folder;
  const std::string repository = folder.path() + "/hub/models--acme--tiny";
  std::filesystem::create_directories(repository + "/refs");
  std::filesystem::create_directories(repository + "/snapshots");
  std::filesystem::create_directory_symlink(
      kModel, repository + "/snapshots/0123456789abcdef0123456789abcdef01234567");
  folder.write("hub/models--acme--tiny/refs/main", "0123456789abcdef0123456789abcdef01234567");
  const Outcome outcome = run_gliner(entities({"--model", "acme/tiny", "--text", kCook}), "",
                                     {{"HF_HOME", folder.path()}, {"HF_HUB_CACHE", ""}});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(rows(outcome.out).at(0)["result"], kCookEntities);
}

TEST(Model, FourFilesAreTheSameAsTheirFolder) {
  const Outcome outcome =
      run_gliner(entities({"--config", kModel + "/config.json", "--encoder-config",
                           kModel + "/encoder_config/config.json", "--tokenizer", kModel + "/tokenizer.json",
                           "--weights", kModel + "/model.safetensors", "--text", kCook}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(rows(outcome.out).at(0)["result"], kCookEntities);
}

TEST(Model, TheBundledOneIsTheDefaultAndTheEnvironmentNamesAnother) {
  const Outcome bundled = run_gliner(entities({"--text", kCook}), "", {{"GLINER_MODEL_DIR", ""}});
  ASSERT_EQ(bundled.exit_code, 0) << bundled.err;
  EXPECT_EQ(rows(bundled.out).at(0)["result"], kCookEntities);
  EXPECT_EQ(run_gliner(entities({"--text", kCook}), "", {{"GLINER_MODEL_DIR", "/no/such/model"}}).exit_code,
            3);
}

TEST(Model, GlobalOptionsMayStandInFrontOfTheSubcommand) {
  const Outcome outcome =
      run_gliner({"--model-dir", "/no/such/model", "entities", "--label", "a", "--text", "t"});
  EXPECT_EQ(outcome.exit_code, 3);
}

// ---- records in, rows out ----

TEST(Rows, OneBadLineFailsAloneAndTheOthersAreRight) {
  const std::string broken = line("a", kCook) + "{\"id\": 1, \"text\": \n\n" + line("c", kMerkel) +
                             "{\"id\":\"d\",\"body\":1}\n" + line(5, kCook);
  const Outcome outcome = run_gliner(entities({"--batch-size", "2", "-"}), broken);
  EXPECT_EQ(outcome.exit_code, 1);
  const auto found = rows(outcome.out);
  const auto alone = rows(run_gliner(entities({"-"}), line("c", kMerkel)).out);
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[0], (Json{{"id", "a"}, {"result", kCookEntities}}));
  EXPECT_EQ(found[1]["id"], 1);
  EXPECT_THAT(found[1]["error"].get<std::string>(), HasSubstr("line 2: "));
  EXPECT_EQ(found[2], alone.at(0));
  EXPECT_EQ(found[3]["id"], "d");
  EXPECT_THAT(found[3]["error"].get<std::string>(), AllOf(HasSubstr("line 5: "), HasSubstr("\"text\"")));
  EXPECT_EQ(found[4], (Json{{"id", 5}, {"result", kCookEntities}}));
  EXPECT_THAT(outcome.err, HasSubstr("2 of 5 records failed"));
}

TEST(Rows, AnEmptyInputGivesNoneAndIsNoFailure) {
  const TemporaryFolder folder;
  for (const std::string& path :
       {folder.write("a.jsonl", ""), folder.write("b.txt", ""), folder.write("c.json", "[]")}) {
    const Outcome outcome = run_gliner(entities({path}));
    EXPECT_EQ(outcome.exit_code, 0) << path << ": " << outcome.err;
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST(Rows, TextFilesWholeAndByLine) {
  const TemporaryFolder folder;
  const std::string path = folder.write("news.txt", kCook + "\n" + kMerkel + "\n");
  const auto whole = rows(run_gliner(entities({path})).out);
  ASSERT_EQ(whole.size(), 1u);
  EXPECT_EQ(whole[0]["id"], 0);
  const auto by_line = rows(run_gliner(entities({path, "--text-split", "line"})).out);
  ASSERT_EQ(by_line.size(), 2u);
  EXPECT_EQ(by_line[0]["result"], kCookEntities);
  EXPECT_EQ(by_line[1]["id"], 1);
  EXPECT_EQ(by_line, rows(run_gliner(entities({"--text", kCook, "--text", kMerkel})).out));
}

TEST(Rows, ATextThatIsNotUtf8FailsAlone) {
  const TemporaryFolder folder;
  const std::string path = folder.write("bad.txt", "caf\xE9 one.\n" + kCook + "\n");
  const Outcome outcome = run_gliner(entities({path, "--text-split", "line"}));
  EXPECT_EQ(outcome.exit_code, 1);
  const auto found = rows(outcome.out);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[0]["error"].get<std::string>(), HasSubstr("line 1: "));
  EXPECT_EQ(found[1]["result"], kCookEntities);
}

TEST(Rows, JsonFilesAndFieldNames) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.json", Json::array({{{"key", "k"}, {"body", kCook}}}).dump(1));
  const auto found = rows(run_gliner(entities({path, "--text-field", "body", "--id-field", "key"})).out);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0], (Json{{"id", "k"}, {"result", kCookEntities}}));
}

TEST(Rows, OutputFileAndPrettyHoldTheSame) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/rows.jsonl";
  const Outcome plain = run_gliner(entities({"--text", kCook, "-o", path}));
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_THAT(plain.out, IsEmpty());
  const Outcome pretty = run_gliner(entities({"--text", kCook, "--pretty"}));
  EXPECT_THAT(pretty.out, HasSubstr("\n  \"result\": {"));
  EXPECT_EQ(Json::parse(pretty.out), rows(read_file(path)).at(0));
}

TEST(Rows, TheInputItselfIsNeverOverwritten) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.jsonl", line(1, kCook));
  EXPECT_EQ(run_gliner(entities({path, "-o", path})).exit_code, 2);
  EXPECT_EQ(read_file(path), line(1, kCook));
}

TEST(Rows, AFullDiskIsReported) {
  const Outcome outcome = run_gliner(entities({"--text", kCook, "-o", "/dev/full"}));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("/dev/full"));
}

TEST(Rows, BatchSizeAndThreadsChangeNothing) {
  std::string input;
  for (int i = 0; i < 7; ++i) input += line(i, i % 2 == 0 ? kCook : kMerkel);
  const Outcome one = run_gliner(entities({"-", "--batch-size", "1", "--threads", "1"}), input);
  const Outcome many = run_gliner(entities({"-", "--batch-size", "5", "--threads", "2"}), input);
  EXPECT_EQ(rows(one.out).size(), 7u);
  EXPECT_EQ(one.out, many.out);
}

TEST(Rows, WhatMaxLenCutsIsCountedOrRefused) {
  const Outcome cut = run_gliner(entities({"--max-len", "4", "--text", kCook, "--text", "Tim Cook spoke."}));
  EXPECT_EQ(cut.exit_code, 0);
  const auto found = rows(cut.out);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0]["truncated_words"], 11);  // 14 words and a full stop, 4 kept
  EXPECT_FALSE(found[1].contains("truncated_words"));
  EXPECT_THAT(cut.err, HasSubstr("1 of 2 texts were cut"));

  const Outcome refused = run_gliner(
      entities({"--max-len", "4", "--fail-on-truncation", "--text", kCook, "--text", "Tim Cook spoke."}));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(rows(refused.out).at(0).contains("error"));
  EXPECT_EQ(rows(refused.out).at(1), found[1]);
}

// ---- the subcommands ----

TEST(Subcommands, EntitiesShowConfidencesAndOffsets) {
  const std::string text = "Übrigens: Tim Cook leads Apple.";
  const auto characters =
      rows(run_gliner(entities({"--include-confidence", "--include-spans", "--text", text})).out).at(0);
  const Json person = characters["result"]["entities"]["person"].at(0);
  EXPECT_EQ(person["text"], "Tim Cook");
  EXPECT_GT(person["confidence"], 0.5);
  EXPECT_EQ(person["start"], 10);
  const auto bytes =
      rows(run_gliner(entities({"--include-spans", "--offset-unit", "byte", "--text", text})).out).at(0);
  EXPECT_EQ(bytes["result"]["entities"]["person"].at(0)["start"], 11);
}

TEST(Subcommands, LabelsMayComeAsJsonOrAsAFileWithIt) {
  const TemporaryFolder folder;
  const std::string json = R"({"person": "a human being", "company": ""})";
  const auto inline_rows = rows(run_gliner({"entities", "--labels-json", json, "--text", kCook}).out);
  const auto file_rows =
      rows(run_gliner({"entities", "--labels-json", folder.write("labels.json", json), "--text", kCook}).out);
  ASSERT_EQ(inline_rows.size(), 1u);
  EXPECT_EQ(inline_rows, file_rows);
  EXPECT_EQ(inline_rows[0]["result"]["entities"]["person"], Json::array({"Tim Cook"}));
}

TEST(Subcommands, ClassifyOneOrMany) {
  const std::string text = "This phone is great, I love it.";
  const std::vector<std::string> flags = {"classify", "--task",   "sentiment", "--label", "positive",
                                          "--label",  "negative", "--text",    text};
  EXPECT_EQ(rows(run_gliner(flags).out).at(0)["result"], (Json{{"sentiment", "positive"}}));

  std::vector<std::string> multi = flags;
  multi.insert(multi.end(), {"--multi-label", "--cls-threshold", "0"});
  EXPECT_EQ(rows(run_gliner(multi).out).at(0)["result"], (Json{{"sentiment", {"positive", "negative"}}}));

  const std::string tasks =
      R"({"sentiment": {"positive": "praise", "negative": "a complaint"}, "topic": ["food", "phones"]})";
  const Json two = rows(run_gliner({"classify", "--labels-json", tasks, "--text", text}).out).at(0)["result"];
  EXPECT_EQ(two["sentiment"], "positive");
  EXPECT_TRUE(two.contains("topic"));
}

TEST(Subcommands, RelationsAndRecords) {
  const auto relations = rows(run_gliner({"relations", "--relation", "works_for", "--text",
                                          "Maria Silva works for Siemens in Munich."})
                                  .out);
  EXPECT_EQ(relations.at(0)["result"]["relation_extraction"]["works_for"].at(0),
            Json::array({"Maria Silva", "Siemens"}));

  const TemporaryFolder folder;
  const std::string structures = R"({"product": ["name::str", "price::str"]})";
  const std::string text = "The new Dell XPS 13 laptop costs $1,299.";
  const auto inline_rows = rows(run_gliner({"json", "--structures-json", structures, "--text", text}).out);
  const auto file_rows =
      rows(run_gliner({"json", "--structures", folder.write("s.json", structures), "--text", text}).out);
  EXPECT_EQ(inline_rows.at(0)["result"]["product"].at(0)["price"], "$1,299");
  EXPECT_EQ(inline_rows, file_rows);
}

TEST(Subcommands, RunTakesAllThreeFormsOfASchema) {
  const TemporaryFolder folder;
  const std::string builder =
      folder.write("builder.json", R"([["entities", {"entity_types": ["person", "company"]}]])");
  const std::string strict = folder.write("strict.json", R"({"entities": ["person", "company"]})");
  const std::string engine =
      folder.write("engine.json", R"({"json_structures": [], "entities": {"person": "", "company": ""}})");
  for (const std::string& schema : {builder, strict, engine}) {
    const Outcome outcome = run_gliner({"run", "--schema-file", schema, "--text", kCook});
    ASSERT_EQ(outcome.exit_code, 0) << schema << ": " << outcome.err;
    EXPECT_EQ(rows(outcome.out).at(0)["result"], kCookEntities) << schema;
  }
}

TEST(Subcommands, RecordsOfRunMayBringTheirOwnSchema) {
  const std::string input = Json{{"text", kCook}, {"ask", {{"entities", {"person", "company"}}}}}.dump() +
                            "\n" + Json{{"text", kCook}, {"ask", {{"entitties", {"person"}}}}}.dump() + "\n" +
                            Json{{"text", kCook}}.dump() + "\n";
  const Outcome outcome = run_gliner({"run", "--schema-field", "ask", "-"}, input);
  EXPECT_EQ(outcome.exit_code, 1);
  const auto found = rows(outcome.out);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0]["result"], kCookEntities);
  EXPECT_THAT(found[1]["error"].get<std::string>(), HasSubstr("entitties"));
  EXPECT_THAT(found[2]["error"].get<std::string>(), HasSubstr("schema"));
}

TEST(Subcommands, LongScansTheWholeDocument) {
  std::string text;
  for (int i = 0; i < 30; ++i)
    text += "The weather stayed calm over the hills and nothing else happened that day. ";
  text += kCook;
  const auto found = rows(run_gliner(entities({"--long", "--chunk-size", "60", "--chunk-overlap", "20",
                                               "--include-spans", "--text", text}))
                              .out);
  const Json person = found.at(0)["result"]["entities"]["person"].at(0);
  EXPECT_EQ(person["text"], "Tim Cook");
  EXPECT_EQ(text.substr(person["start"], 8), "Tim Cook");
}

TEST(Subcommands, InspectAccountsForEveryTensor) {
  const Outcome readable = run_gliner({"inspect", kModel});
  EXPECT_EQ(readable.exit_code, 0) << readable.err;
  EXPECT_THAT(readable.out,
              AllOf(HasSubstr("gliner2-span"), HasSubstr("[SEP_STRUCT]"), HasSubstr("0 left over")));
  const Json report = Json::parse(run_gliner({"inspect", kModel, "--json"}).out);
  EXPECT_EQ(report["layers"], 4);
  EXPECT_EQ(report["hidden_size"], 384);
  for (const Json& name : report["unused_tensors"]) {  // of an encoder's parts that span models do not run
    EXPECT_THAT(name.get<std::string>(), HasSubstr("pooler"));
  }
  std::int64_t elements = 0;
  for (const Json& tensor : report["tensors"]) {
    std::int64_t product = 1;
    for (const Json& size : tensor["shape"]) product *= size.get<std::int64_t>();
    elements += product;
    EXPECT_NE(tensor["use"], "") << tensor["name"];
  }
  EXPECT_EQ(report["parameters"], elements);
}

TEST(Subcommands, BenchPrintsOneObject) {
  const TemporaryFolder folder;
  const std::string texts = folder.write("texts.jsonl", line(0, kCook) + line(1, kMerkel) + line(2, kCook));
  const std::string labels = folder.write("labels.json", R"(["person", "company"])");
  const Outcome outcome = run_gliner({"bench", "--model-dir", kModel, "--labels-json", labels, "--batch-size",
                                      "2", "--threads", "1", "--repeats", "2", texts});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json report = Json::parse(outcome.out);
  EXPECT_EQ(report["texts"], 3);
  for (const char* key : {"load_ms", "seconds", "texts_per_second", "p50_ms", "p95_ms", "peak_rss_mb"}) {
    EXPECT_GT(report[key].get<double>(), 0) << key;
  }
  EXPECT_LE(report["p50_ms"], report["p95_ms"]);
}

// ---- endings ----

class Signals : public ::testing::TestWithParam<int> {};

TEST_P(Signals, FinishTheBatchInHandAndSayWhatWasWritten) {
  RunningGliner command(entities({"--batch-size", "2", "-"}));
  command.write(line(0, kCook) + line(1, kMerkel));
  EXPECT_EQ(Json::parse(command.read_line())["id"], 0);
  EXPECT_EQ(Json::parse(command.read_line())["id"], 1);
  // The third record is read ahead while the command waits for a fourth; the half line behind it is no
  // record.
  command.write(line(2, kCook) + "{\"id\": 3, \"te");
  command.send(GetParam());
  const Outcome outcome = command.finish();
  EXPECT_EQ(outcome.exit_code, 128 + GetParam());
  EXPECT_THAT(outcome.err, HasSubstr("records were written"));
  for (const Json& row : rows(outcome.out)) EXPECT_EQ(row["result"], kCookEntities);
}

INSTANTIATE_TEST_SUITE_P(Stop, Signals, ::testing::Values(SIGINT, SIGTERM));

TEST(Endings, AReaderThatLeavesEndsTheCommandQuietly) {
  RunningGliner command(entities({"--batch-size", "1", "-"}));
  command.write(line(0, kCook));
  EXPECT_EQ(Json::parse(command.read_line())["id"], 0);
  command.close_output();
  command.write(line(1, kCook));
  const Outcome outcome = command.finish();
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
}

// ---- GLiNER v1 ----

const std::string kRelex = GLINER_TEST_DATA "/golden1/relex-dot/model";
const std::string kAda = "Ada Lovelace works at Acme Corp. in Rome.";

TEST(Gliner1, EntitiesHaveBothShapes) {
  const std::vector<std::string> call = {"entities",    "--model-dir", kRelex,   "--label", "person",
                                         "--threshold", "0.3",         "--text", kAda};
  const Outcome by_label = run_gliner(call);
  EXPECT_EQ(by_label.exit_code, 0) << by_label.err;
  EXPECT_TRUE(rows(by_label.out).at(0).at("result").at("entities").contains("person"));
  std::vector<std::string> flat = call;
  flat.insert(flat.end(), {"--format", "spans", "--class-scores"});
  const Json spans = rows(run_gliner(flat).out).at(0).at("result");
  ASSERT_TRUE(spans.is_array());
  for (const Json& span : spans) EXPECT_TRUE(span.contains("class_probs")) << span;
}

TEST(Gliner1, RelationsTakeEntityLabels) {
  const Outcome outcome = run_gliner({"relations", "--model-dir", kRelex, "--relation", "works for",
                                      "--label", "person", "--label", "company", "--threshold", "0.3",
                                      "--relation-threshold", "0", "--format", "spans", "--text", kAda});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(rows(outcome.out).at(0).at("result").contains("relations"));
}

TEST(Gliner1, WhatTheModelCannotDoIsAnErrorThatNamesModelsThatCan) {
  const Outcome outcome =
      run_gliner({"classify", "--model-dir", kRelex, "--task", "tone", "--label", "good", "--text", kAda});
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("GLiNER2"));
}

TEST(Gliner1, FlatSpansOfAGliner2ModelAreSortedByPlace) {
  const Outcome outcome = run_gliner(entities({"--format", "spans", "--text", kCook}));
  const Json spans = rows(outcome.out).at(0).at("result");
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans.at(0).at("text"), "Apple");
  EXPECT_EQ(spans.at(1).at("label"), "person");
}

TEST(Gliner1, InspectShowsArchitectureAndLimits) {
  EXPECT_THAT(run_gliner({"inspect", kRelex}).out,
              AllOf(HasSubstr("gliner1-span-relex"), HasSubstr("markerV0"), HasSubstr("128 words")));
}

}  // namespace
}  // namespace gliner::cli

// Parquet in and out: built where Arrow is.

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/api/reader.h>
#include <parquet/arrow/writer.h>
#include <signal.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "process.h"
#include "random_job.h"

namespace gliner::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::shared_ptr<arrow::Array> strings(const std::vector<std::string>& values, int null_at = -1) {
  arrow::StringBuilder builder;
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_TRUE((static_cast<int>(i) == null_at ? builder.AppendNull() : builder.Append(values[i])).ok());
  }
  return builder.Finish().ValueOrDie();
}

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> numbers(const std::vector<Value>& values) {
  Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return builder.Finish().ValueOrDie();
}

/// Writes `rows_of_a_group` rows into each row group.
void write_table(const std::string& path, const std::vector<std::shared_ptr<arrow::Field>>& fields,
                 const std::vector<std::shared_ptr<arrow::Array>>& columns, int rows_of_a_group) {
  const auto table = arrow::Table::Make(arrow::schema(fields), columns);
  const auto sink = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, rows_of_a_group).ok());
  ASSERT_TRUE(sink->Close().ok());
}

/// `gliner entities` for people with the bundled model.
std::vector<std::string> entities(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"entities", "--model-dir", GLINER_DEMO_MODEL, "--label", "person"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

const std::vector<std::string> kTexts = {"Tim Cook leads Apple.", "", "Angela Merkel met Emmanuel Macron.",
                                         "It rained.", "Maria Silva works for Siemens."};

TEST(ParquetInput, IsReadOverRowGroupsWithNullsAndIds) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/rows.parquet";
  write_table(
      path,
      {arrow::field("key", arrow::uint64()), arrow::field("body", arrow::utf8()),
       arrow::field("other", arrow::float64())},
      {numbers<arrow::UInt64Builder, std::uint64_t>({7, 8, 18446744073709551615u, 10, 11}),
       strings(kTexts, /*null_at=*/3), numbers<arrow::DoubleBuilder, double>({0.5, 1.5, 2.5, 3.5, 4.5})},
      /*rows_of_a_group=*/2);
  const Outcome outcome =
      run_gliner(entities({path, "--text-field", "body", "--id-field", "key", "--batch-size", "2"}));
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  const std::vector<Json> found = rows(outcome.out);
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[0], Json::parse(R"({"id":7,"result":{"entities":{"person":["Tim Cook"]}}})"));
  EXPECT_EQ(found[1]["error"], "row 1: the text is empty");
  EXPECT_EQ(found[2]["id"], 18446744073709551615u);
  EXPECT_EQ(found[3]["error"], "row 3: column \"body\": expected a string, found null");
  EXPECT_EQ(found[4]["result"]["entities"]["person"], Json({"Maria Silva"}));
  // Numbers that are no whole ones may be ids too.
  EXPECT_EQ(rows(run_gliner(entities({path, "--text-field", "body", "--id-field", "other"})).out).at(0)["id"],
            0.5);
}

TEST(ParquetInput, OfDictionariesAndSchemasIsTheSame) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/rows.parquet";
  const auto texts = strings({kTexts[0], kTexts[2], kTexts[0]});
  const auto dictionary = std::make_shared<arrow::DictionaryArray>(
      arrow::dictionary(arrow::int32(), arrow::utf8()), numbers<arrow::Int32Builder, std::int32_t>({1, 0, 1}),
      strings({kTexts[2], kTexts[0]}));
  const auto schemas = strings({R"({"entities":["person"]})", "", R"({"entities":["company"]})"}, 1);
  write_table(path,
              {arrow::field("text", dictionary->type()), arrow::field("ask", arrow::utf8()),
               arrow::field("plain", arrow::utf8(), /*nullable=*/false)},
              {dictionary, schemas, texts}, 100);
  const auto run = [&](const std::string& field) {
    return run_gliner({"run", path, "--text-field", field, "--schema-field", "ask", "--schema-file",
                       R"({"entities":["city"]})"})
        .out;
  };
  const std::vector<Json> found = rows(run("text"));
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0]["result"]["entities"], Json({{"person", {"Tim Cook"}}}));
  EXPECT_TRUE(found[1]["result"]["entities"].contains("city"));
  EXPECT_TRUE(found[2]["result"]["entities"].contains("company"));
  EXPECT_EQ(run("plain"), run("text"));
}

TEST(ParquetInput, ThatIsOfNoUseIsRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/rows.parquet";
  write_table(path, {arrow::field("n", arrow::int64()), arrow::field("b", arrow::boolean())},
              {numbers<arrow::Int64Builder, std::int64_t>({1}), numbers<arrow::BooleanBuilder, bool>({true})},
              1);
  const auto refused = [](const std::vector<std::string>& words) {
    const Outcome outcome = run_gliner(entities(words));
    EXPECT_EQ(outcome.exit_code, 2);
    return outcome.err;
  };
  EXPECT_THAT(refused({path}), HasSubstr("no column \"text\" (columns: n, b)"));
  EXPECT_THAT(refused({path, "--text-field", "n"}), HasSubstr("expected strings, found INT64"));
  EXPECT_THAT(refused({path, "--text-field", "b"}), HasSubstr("expected strings, found BOOLEAN"));
  EXPECT_THAT(refused({folder.write("a.parquet", "PAR1 and no more")}), HasSubstr("cannot read"));
  EXPECT_THAT(refused({folder.path() + "/missing.parquet"}), HasSubstr("cannot read"));
  const std::string some = folder.write("some.jsonl", "\"a\"\n");
  EXPECT_THAT(refused({some, "--output-format", "parquet"}), HasSubstr("Parquet needs -o FILE"));
  EXPECT_THAT(refused({some, "-o", folder.path() + "/a.parquet.gz"}), HasSubstr("Parquet needs -o FILE"));
}

TEST(ParquetOutput, HoldsWhatJsonLinesHold) {
  const TemporaryFolder folder;
  std::string lines;
  for (const std::string& text : kTexts) lines += Json{{"id", "row " + text}, {"text", text}}.dump() + "\n";
  const std::string input = folder.write("rows.jsonl", lines);
  const std::string output = folder.path() + "/out.parquet";
  const Outcome outcome =
      run_gliner(entities({input, "-o", output, "--include-confidence", "--include-spans"}));
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;  // the empty text
  EXPECT_TRUE(fs::exists(output + ".manifest.json"));
  EXPECT_FALSE(fs::exists(output + ".rows"));
  EXPECT_FALSE(fs::exists(output + ".journal"));

  const auto file = parquet::ParquetFileReader::OpenFile(output);
  EXPECT_EQ(file->metadata()->num_rows(), 5);
  std::vector<std::string> columns;
  for (int i = 0; i < file->metadata()->num_columns(); ++i) {
    columns.push_back(file->metadata()->schema()->Column(i)->path()->ToDotString());
  }
  EXPECT_EQ(columns, (std::vector<std::string>{"id", "text", "entities.list.element.label",
                                               "entities.list.element.text", "entities.list.element.start",
                                               "entities.list.element.end", "entities.list.element.score",
                                               "result", "error", "truncated_words", "truncated_tokens"}));
  // Read again, the ids and texts are those of the input, and so are the answers.
  const std::vector<Json> again = rows(run_gliner(entities({output})).out);
  const std::vector<Json> direct = rows(run_gliner(entities({input})).out);
  ASSERT_EQ(again.size(), direct.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    EXPECT_EQ(again[i]["id"], direct[i]["id"]);
    EXPECT_EQ(again[i].value("result", Json()), direct[i].value("result", Json()));
  }
  // The results are those of JSON lines.
  const std::vector<Json> shown =
      rows(run_gliner(entities({input, "--include-confidence", "--include-spans"})).out);
  std::vector<std::string> results;
  const auto column = std::static_pointer_cast<parquet::ByteArrayReader>(file->RowGroup(0)->Column(7));
  std::int16_t definitions[5];
  parquet::ByteArray values[5];
  std::int64_t count = 0;
  ASSERT_EQ(column->ReadBatch(5, definitions, nullptr, values, &count), 5);
  ASSERT_EQ(count, 4);
  EXPECT_EQ(Json::parse(std::string_view(values[0])), shown[0]["result"]);
  EXPECT_EQ(Json::parse(std::string_view(values[1])), shown[2]["result"]);
}

TEST(ParquetOutput, IsTheSameAfterKills) {
  const TemporaryFolder folder;
  const std::string input = folder.write("rows.jsonl", random_rows(1200, 7));
  const std::string expected = folder.path() + "/expected.parquet";
  ASSERT_EQ(run_gliner(random_job(input, expected)).exit_code, 1);
  const std::string output = folder.path() + "/out.parquet";
  for (int kill = 0; kill < 8; ++kill) {
    RunningGliner command(random_job(input, output, {"--resume"}));
    std::this_thread::sleep_for(std::chrono::milliseconds(60 + 70 * kill));
    command.send(SIGKILL);
    command.finish();
    // The file is there as a whole or not at all.
    if (fs::exists(output)) {
      EXPECT_EQ(read_file(output), read_file(expected));
    }
  }
  resume_to_the_end(input, output);
  EXPECT_EQ(read_file(output), read_file(expected));
  EXPECT_FALSE(fs::exists(output + ".rows"));
  const Outcome again = run_gliner(random_job(input, output, {"--resume"}));
  EXPECT_THAT(again.err, HasSubstr("complete already"));
}

TEST(ParquetOutput, OfAJobThatCannotBeResumedHoldsWhatWasDone) {
  const TemporaryFolder folder;
  const std::string output = folder.path() + "/out.parquet";
  const Outcome outcome = run_gliner(entities({"-", "-o", output, "--fail-fast"}),
                                     "\"Tim Cook leads Apple.\"\nbroken\n\"Maria Silva sleeps.\"\n");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("stopped"));
  EXPECT_EQ(parquet::ParquetFileReader::OpenFile(output)->metadata()->num_rows(), 2);
  EXPECT_FALSE(fs::exists(output + ".rows"));
}

TEST(ParquetOutput, HasRowGroupsOfABoundedSize) {
  const TemporaryFolder folder;
  std::string lines;
  for (int i = 0; i < 20000; ++i) lines += "{\"text\": \"Ada " + std::to_string(i % 7) + "\"}\n";
  const std::string output = folder.path() + "/out.parquet";
  ASSERT_EQ(
      run_gliner(random_job(folder.write("rows.jsonl", lines), output, {"--batch-size", "64"})).exit_code, 0);
  const auto metadata = parquet::ParquetFileReader::OpenFile(output)->metadata();
  EXPECT_EQ(metadata->num_rows(), 20000);
  ASSERT_EQ(metadata->num_row_groups(), 2);
  EXPECT_EQ(metadata->RowGroup(0)->num_rows(), 16384);
}

}  // namespace
}  // namespace gliner::cli

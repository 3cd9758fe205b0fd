#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exit_code.h"
#include "output/formats.h"
#include "output/found_spans.h"
#include "output/output_file.h"
#include "process.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// "Émile" has 5 code points in 6 bytes, the face two UTF-16 units in 4 bytes.
const std::string kText = "\xC3\x89mile Zola met <Anna> \xF0\x9F\x98\x80 in Paris.";

InputRecord record(const std::string& text = kText) {
  InputRecord made;
  made.id = "a,\"1\"";
  made.place = "line 7";
  made.text = text;
  return made;
}

Entity entity(const std::string& text, OffsetUnit unit, double score = 0.9) {
  Entity made;
  made.text = text;
  made.confidence = score;
  const std::size_t at = kText.find(text);
  const auto measure = [unit](const std::string& part) {
    if (unit == OffsetUnit::kByte) return static_cast<std::int64_t>(part.size());
    return unit == OffsetUnit::kUtf16 ? utf16_units(part) : code_points(part);
  };
  made.begin = measure(kText.substr(0, at));
  made.end = made.begin + measure(text);
  return made;
}

Result result_in(OffsetUnit unit) {
  Result result;
  result.entities = {{"person", false, {entity("\xC3\x89mile Zola", unit), entity("Anna", unit)}},
                     {"first name", false, {entity("\xC3\x89mile", unit, 0.6)}},
                     {"city", false, {entity("Paris.", unit)}}};
  // The engine's own full stop lies behind the text.
  result.entities[2].entities[0].end += 1;
  result.relations = {{"met", {{entity("\xC3\x89mile Zola", unit), entity("Anna", unit)}}}};
  result.classifications = {{"tone", false, {{"calm", 0.75}}}};
  return result;
}

std::string row_of(const RowFormat& format) {
  const InputRecord one = record();
  const Result result = result_in(format.offset_unit().value_or(OffsetUnit::kCodePoint));
  return format.result_row({0, one, result});
}

TEST(Formats, CsvHasALineForEachThingFound) {
  EXPECT_EQ(row_of(*make_csv()),
            "\"a,\"\"1\"\"\",entity,person,\xC3\x89mile Zola,0,10,0.9,,,\r\n"
            "\"a,\"\"1\"\"\",entity,person,Anna,16,20,0.9,,,\r\n"
            "\"a,\"\"1\"\"\",entity,first name,\xC3\x89mile,0,5,0.6,,,\r\n"
            "\"a,\"\"1\"\"\",entity,city,Paris.,27,34,0.9,,,\r\n"
            "\"a,\"\"1\"\"\",relation,met,\xC3\x89mile Zola,0,10,0.9,Anna,16,20\r\n"
            "\"a,\"\"1\"\"\",class,tone,calm,,,0.75,,,\r\n");
  const InputRecord one = record();
  const Result nothing;
  EXPECT_EQ(make_csv()->result_row({0, one, nothing}), "\"a,\"\"1\"\"\",none,,,,,,,,\r\n");
  EXPECT_EQ(make_csv()->error_row({0, one, nothing}, "bad, really"),
            "\"a,\"\"1\"\"\",error,,\"bad, really\",,,,,,\r\n");
}

TEST(Formats, LabelStudioHasTasksWithRegionsAndRelations) {
  const auto format = make_label_studio();
  const InputRecord one = record();
  const Json tasks = Json::parse(format->head() + row_of(*format) +
                                 format->error_row({1, one, Result()}, "why") + format->foot());
  ASSERT_EQ(tasks.size(), 2u);
  const Json found = tasks[0]["predictions"][0]["result"];
  EXPECT_EQ(found[0]["value"],
            (Json{{"start", 0}, {"end", 10}, {"text", "\xC3\x89mile Zola"}, {"labels", {"person"}}}));
  EXPECT_EQ(found[3]["value"]["start"], 28);                // the face counts twice
  EXPECT_EQ(found[3]["value"]["end"], utf16_units(kText));  // not the added full stop
  EXPECT_EQ(found[4]["from_id"], found[0]["id"]);
  EXPECT_EQ(found[4]["to_id"], found[1]["id"]);
  EXPECT_EQ(found[5]["value"]["choices"], Json({"calm"}));
  EXPECT_EQ(tasks[1]["data"]["error"], "why");
  EXPECT_EQ(Json::parse(format->head() + format->foot()), Json::array());
}

TEST(Formats, SpacyEntsDoNotOverlapAndSpansAreAll) {
  const Json doc = Json::parse(row_of(*make_spacy()));
  EXPECT_EQ(doc["text"], kText);
  EXPECT_EQ(doc["ents"],
            Json::parse(R"([{"start":0,"end":10,"label":"person"},{"start":16,"end":20,"label":"person"},
                                         {"start":27,"end":33,"label":"city"}])"));
  EXPECT_EQ(doc["spans"]["sc"].size(), 4u);
  EXPECT_EQ(doc["spans"]["sc"][0], (Json{{"start", 0}, {"end", 10}, {"label", "person"}, {"kb_id", ""}}));
  EXPECT_EQ(doc["cats"], (Json{{"calm", 0.75}}));
  EXPECT_EQ(doc["tokens"][0], (Json{{"id", 0}, {"start", 0}, {"end", 5}}));
  EXPECT_EQ(doc["tokens"].back()["end"], code_points(kText));
}

// Doc.from_json wants tokens that cover the text but for single blanks behind them, and spans that begin and
// end with tokens.
TEST(Formats, SpacyTokensCoverTheTextAndFitTheSpans) {
  const std::string text =
      " Rome\n\nRome\xE2\x80\x94Oslo  \xC2\xA0"
      "Bern ";
  const InputRecord one = record(text);
  Result result;
  Entity bern;  // the engine's full stop came behind the blank
  bern.begin = static_cast<std::int64_t>(text.find("Bern"));
  bern.end = static_cast<std::int64_t>(text.size()) + 1;
  Entity oslo;
  oslo.begin = static_cast<std::int64_t>(text.find("Oslo"));
  oslo.end = oslo.begin + 4;
  result.entities = {{"city", false, {oslo, bern}}};
  const Json doc = Json::parse(make_spacy()->result_row({0, one, result}));
  std::vector<std::pair<int, int>> tokens;
  for (const Json& token : doc["tokens"]) tokens.emplace_back(token["start"], token["end"]);
  EXPECT_EQ(tokens, (std::vector<std::pair<int, int>>{
                        {0, 1}, {1, 5}, {5, 7}, {7, 12}, {12, 16}, {17, 19}, {19, 23}}));
  EXPECT_EQ(doc["ents"],
            Json::parse(R"([{"start":12,"end":16,"label":"city"},{"start":19,"end":23,"label":"city"}])"));
}

TEST(Formats, BioTagsEachToken) {
  EXPECT_EQ(row_of(*make_bio()),
            "# id = \"a,\\\"1\\\"\"\n"
            "\xC3\x89mile\tB-person\nZola\tI-person\nmet\tO\n<\tO\nAnna\tB-person\n>"
            "\tO\n\xF0\x9F\x98\x80\tO\nin\tO\n"
            "Paris\tB-city\n.\tI-city\n\n");
}

TEST(Formats, HtmlMarksNestedSpansAndEscapes) {
  const auto format = make_html();
  const std::string row = row_of(*format);
  EXPECT_THAT(
      row, AllOf(HasSubstr("<small>first name</small></mark> Zola<small>person</small></mark> met &lt;<mark"),
                 HasSubstr("&gt; \xF0\x9F\x98\x80 in <mark"), HasSubstr("<b>met</b> Anna"),
                 HasSubstr("tone: <b>calm</b>"), HasSubstr("<h2>a,&quot;1&quot;</h2>")));
  EXPECT_THAT(format->head() + format->foot(), Not(HasSubstr("http:")));
  EXPECT_THAT(format->head(), HasSubstr("default-src 'none'"));
  const InputRecord one = record();
  EXPECT_THAT(format->error_row({0, one, Result()}, "<bad>"), HasSubstr("&lt;bad&gt;"));
}

TEST(Formats, AreChosenByTheNameOfTheFile) {
  OutputOptions options;
  const auto head = [&options](const std::string& path) {
    options.path = path;
    return make_row_format(options)->head();
  };
  EXPECT_EQ(head("-"), "");
  EXPECT_EQ(head("a.csv.gz").substr(0, 3), "id,");
  EXPECT_EQ(head("a.html").substr(0, 9), "<!doctype");
  options.file_format = "label-studio";
  EXPECT_EQ(head("a.jsonl"), "[");
  options.pretty = true;
  EXPECT_THROW(make_row_format(options), UsageError);
}

TEST(Spans, OfOverlapsTheBetterStay) {
  const std::vector<FoundSpan> spans = {
      {0, 5, "a", 0.5}, {3, 8, "b", 0.9}, {8, 9, "c", 0.1}, {1, 2, "d", 0.4}};
  std::string labels;
  for (const FoundSpan& span : without_overlaps(spans)) labels += span.label;
  EXPECT_EQ(labels, "dbc");
}

// ---- the file ----

class Files : public ::testing::TestWithParam<std::string> {};

TEST_P(Files, GoneOnWithAtAnyMemberEndAreTheSame) {
  const TemporaryFolder folder;
  const auto row = [](int i) {
    return std::string(40000, static_cast<char>('a' + i % 26)) + std::to_string(i) + "\n";
  };
  constexpr int kRows = 40;
  std::vector<std::pair<int, std::uint64_t>> ends;  // rows done, bytes
  const std::string whole = folder.path() + "/whole" + GetParam();
  {
    OutputFile file(whole, "");
    for (int i = 0; i < kRows; ++i) {
      file.append(row(i));
      ASSERT_TRUE(file.flush());
      if (file.is_at_member_end()) ends.emplace_back(i + 1, file.bytes());
    }
    ASSERT_TRUE(file.finish());
  }
  ASSERT_GT(ends.size(), 3u);
  for (const auto& [done, bytes] : ends) {
    const std::string path =
        folder.write("again" + GetParam(), read_file(whole).substr(0, bytes) + "torn row");
    OutputFile file(path, "");
    file.truncate(bytes);
    for (int i = done; i < kRows; ++i) {
      file.append(row(i));
      ASSERT_TRUE(file.flush());
    }
    ASSERT_TRUE(file.finish());
    ASSERT_EQ(read_file(path), read_file(whole)) << done;
  }
}

INSTANTIATE_TEST_SUITE_P(Compressions, Files, ::testing::Values(".jsonl", ".jsonl.gz", ".jsonl.zst"));

TEST(OutputFile, EndsAMemberWhereItIsTold) {
  const TemporaryFolder folder;
  OutputFile file(folder.path() + "/rows.jsonl.gz", "");
  file.append("row\n");
  EXPECT_FALSE(file.has_full_member());
  ASSERT_TRUE(file.flush());
  EXPECT_FALSE(file.is_at_member_end());
  ASSERT_TRUE(file.flush(/*end_member=*/true));
  EXPECT_TRUE(file.is_at_member_end());
  EXPECT_GT(file.bytes(), 0u);
}

TEST(OutputFile, IsWrittenByOneAtATime) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/rows.jsonl";
  const OutputFile first(path, "");
  EXPECT_THROW(OutputFile(path, ""), UsageError);
}

}  // namespace
}  // namespace gliner::cli

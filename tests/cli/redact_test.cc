// `gliner redact` as a person runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "process.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

const std::string kText =
    "My name is Sarah Connor, you can reach me at sarah.connor@sky.net or +1 555 010 9922.";
constexpr const char* kKey = "a key of enough bytes";

std::vector<std::string> redact(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"redact", "--label", "name",        "--label",
                                    "email",  "--label", "phone number"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(RedactCommand, PutsLabelsInPlaceOfWhatItFinds) {
  const Outcome outcome = run_gliner(redact({"--text", kText}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(rows(outcome.out).at(0),
            Json({{"id", 0},
                  {"text", "My name is [NAME], you can reach me at [EMAIL] or [PHONE_NUMBER]."},
                  {"removed", {{"email", 1}, {"name", 1}, {"phone number", 1}}}}));
}

TEST(RedactCommand, ModesDiffer) {
  EXPECT_THAT(run_gliner(redact({"--mode", "mask", "--mask", "#", "--text", kText})).out,
              HasSubstr("My name is #, you"));
  EXPECT_THAT(run_gliner(redact({"--mode", "same-length", "--text", kText})).out,
              HasSubstr("My name is ************, you"));
  const Environment secret = {{"TEST_KEY", kKey}};
  const Outcome first =
      run_gliner(redact({"--mode", "pseudonym", "--key-env", "TEST_KEY", "--text", kText}), "", secret);
  EXPECT_THAT(rows(first.out).at(0)["text"].get<std::string>(),
              MatchesRegex("My name is \\[NAME_[0-9a-f]{12}\\], .*"));
  const TemporaryFolder folder;
  const std::string file = folder.write("key", std::string(kKey) + "\n");
  EXPECT_EQ(run_gliner(redact({"--mode", "pseudonym", "--key-file", file, "--text", kText})).out, first.out);
}

TEST(RedactCommand, WithoutLabelsItKnowsWhatIsPersonal) {
  const Outcome outcome = run_gliner({"redact", "--text", kText});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(Not(HasSubstr("Sarah")), Not(HasSubstr("sky.net")), Not(HasSubstr("9922"))));
}

TEST(RedactCommand, TheGateAnswersAndChangesNothing) {
  const Outcome outcome =
      run_gliner(redact({"--gate", "-"}), Json{{"id", "a"}, {"text", kText}}.dump() + "\n" +
                                              R"({"id": "b", "text": "It rained all day."})");
  ASSERT_EQ(rows(outcome.out).size(), 2U) << outcome.err;
  EXPECT_EQ(rows(outcome.out)[0]["needs_anonymization"], true);
  EXPECT_EQ(rows(outcome.out)[1],
            Json({{"id", "b"}, {"needs_anonymization", false}, {"found", Json::object()}}));
  EXPECT_THAT(outcome.out, Not(HasSubstr("Sarah")));
}

TEST(RedactCommand, TheReportHasPlacesAndTextsOnRequestOnly) {
  const TemporaryFolder folder;
  const std::string report = folder.path() + "/report.jsonl";
  run_gliner(redact({"--report", report, "--text", kText}));
  const Json without = rows(read_file(report)).at(0);
  EXPECT_EQ(without["counts"], Json({{"email", 1}, {"name", 1}, {"phone number", 1}}));
  EXPECT_EQ(without["spans"].at(0),
            Json({{"start", 11}, {"end", 23}, {"labels", {"name"}}, {"new_start", 11}, {"new_end", 17}}));
  EXPECT_THAT(read_file(report), Not(HasSubstr("Sarah")));
  run_gliner(redact({"--report", report, "--report-text", "--text", kText}));
  EXPECT_EQ(rows(read_file(report)).at(0)["spans"].at(0)["text"], "Sarah Connor");
}

TEST(RedactCommand, NothingOfARecordIsInAnErrorOrAMessage) {
  const std::string input = R"({"text": "Sarah Connor"  Sarah})"
                            "\n"
                            R"({"Sarah": "Connor"})"
                            "\n[\"Sarah\"]\n"
                            "{\"text\": \"Sarah\xff\"}\n";
  const Outcome outcome = run_gliner(
      [&] {
        std::vector<std::string> words = redact({"-"});
        words.insert(words.begin(), "-vv");
        return words;
      }(),
      input);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(rows(outcome.out).size(), 4U);
  for (const Json& row : rows(outcome.out)) EXPECT_TRUE(row.contains("error"));
  EXPECT_THAT(outcome.out + outcome.err, AllOf(Not(HasSubstr("Sarah")), Not(HasSubstr("Connor"))));
}

TEST(RedactCommand, EmptyInputGivesNoRows) {
  const Outcome outcome = run_gliner(redact({"-"}), "");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, IsEmpty());
}

TEST(RedactCommand, WrongUseEndsWithTwo) {
  const std::vector<std::vector<std::string>> lines = {
      {"--mode", "pseudonym"},
      {"--mode", "pseudonym", "--key-env", "NO_SUCH_VARIABLE"},
      {"--key-env", "HOME"},
      {"--mode", "hide"},
      {"--fill", "ab", "--mode", "same-length"},
      {"--report-text"},
      {"--gate", "--report", "x"},
      {"--labels-json", "[\"a\"]"},
      {"--threshold", "2"},
      {"--threshold", "nan"}};
  for (const std::vector<std::string>& words : lines) {
    std::vector<std::string> all = redact({"--text", "t"});
    all.insert(all.end(), words.begin(), words.end());
    const Outcome outcome = run_gliner(all);
    EXPECT_EQ(outcome.exit_code, 2) << words[0];
    EXPECT_THAT(outcome.err, Not(IsEmpty()));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

}  // namespace
}  // namespace gliner::cli

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

TEST(RedactCommand, NothingOfAFileIsInAMessage) {
  const TemporaryFolder folder;
  const std::string broken = folder.write("broken.json", R"([{"text": "a"}, Sarah Connor])");
  const std::string headless = folder.write("headless.csv", "Sarah Connor,sarah@sky.net\n");
  for (const std::string& input : {broken, headless}) {
    std::vector<std::string> words = redact({input});
    words.insert(words.begin(), "-vv");
    const Outcome outcome = run_gliner(words);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, Not(IsEmpty()));
    EXPECT_THAT(outcome.out + outcome.err, AllOf(Not(HasSubstr("Sarah")), Not(HasSubstr("sarah"))));
  }
}

// ---- as a job ----

/// Rows of which every tenth or so is broken.
std::string people(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    lines += i % 10 == 7
                 ? "{broken\n"
                 : Json{{"id", i}, {"text", "Ada Lovelace met Bob " + std::to_string(i % 23)}}.dump() + "\n";
  }
  return lines;
}

struct Names {
  std::string rows;
  std::string report;
};

// Names of tests must not hold addresses.
void PrintTo(const Names& names, std::ostream* out) { *out << names.rows << " " << names.report; }

class RedactJob : public ::testing::TestWithParam<Names> {
 protected:
  std::vector<std::string> job(const std::string& input, const std::string& name,
                               const std::vector<std::string>& more) const {
    const std::string base = folder_.path() + "/" + name;
    std::vector<std::string> words = {"redact",
                                      "--model-dir",
                                      GLINER_TEST_DATA "/golden1/relex-dot/model",
                                      "--threads",
                                      "1",
                                      "--label",
                                      "person",
                                      "--threshold",
                                      "0.3",
                                      "--mode",
                                      "pseudonym",
                                      "--key-env",
                                      "TEST_KEY",
                                      input,
                                      "-o",
                                      base + GetParam().rows,
                                      "--report",
                                      base + GetParam().report,
                                      "--checkpoint-seconds",
                                      "0"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  std::string rows_of(const std::string& name) const {
    return read_file(folder_.path() + "/" + name + GetParam().rows);
  }
  std::string report_of(const std::string& name) const {
    return read_file(folder_.path() + "/" + name + GetParam().report);
  }

  TemporaryFolder folder_;
  Environment secret_ = {{"TEST_KEY", kKey}};
};

TEST_P(RedactJob, GoesOnWithRowsAndReportToTheSameBytes) {
  const std::string input = folder_.write("rows.jsonl", people(4000));
  ASSERT_EQ(run_gliner(job(input, "whole", {}), "", secret_).exit_code, 1);
  // Each run stops a little later, mostly in the middle of a window.
  for (const char* most : {"20", "150", "151", "390"}) {
    const Outcome stopped = run_gliner(job(input, "parts", {"--resume", "--max-errors", most}), "", secret_);
    EXPECT_EQ(stopped.exit_code, 1);
    EXPECT_THAT(stopped.err, HasSubstr("--resume"));
  }
  const std::string stats = folder_.path() + "/stats.json";
  ASSERT_EQ(run_gliner(job(input, "parts", {"--resume", "--stats", stats}), "", secret_).exit_code, 1);
  EXPECT_EQ(rows_of("parts"), rows_of("whole"));
  EXPECT_EQ(report_of("parts"), report_of("whole"));
  const Json summary = Json::parse(read_file(stats));
  EXPECT_EQ(summary["rows"], 4000);
  EXPECT_EQ(summary["failed"], 400);
  EXPECT_GT(summary["resumed_rows"], 0);
}

INSTANTIATE_TEST_SUITE_P(Files, RedactJob,
                         ::testing::Values(Names{".jsonl", ".report.jsonl"},
                                           Names{".jsonl.gz", ".report.jsonl"},
                                           Names{".jsonl", ".report.jsonl.zst"},
                                           Names{".jsonl.zst", ".report.jsonl.gz"}));

TEST(RedactCommand, AnotherKeyOrModeIsAnotherJob) {
  const TemporaryFolder folder;
  const std::string input = folder.write("rows.jsonl", people(400));
  const std::string output = folder.path() + "/out.jsonl";
  const auto run = [&](const std::vector<std::string>& more, const std::string& key) {
    std::vector<std::string> words =
        redact({"--model-dir", GLINER_TEST_DATA "/golden1/relex-dot/model", input, "-o", output, "--key-env",
                "TEST_KEY", "--mode", "pseudonym"});
    words.insert(words.end(), more.begin(), more.end());
    return run_gliner(words, "", {{"TEST_KEY", key}});
  };
  ASSERT_EQ(run({"--max-errors", "25"}, kKey).exit_code, 1);
  const std::string journal = read_file(output + ".journal");
  EXPECT_THAT(journal, AllOf(Not(HasSubstr(kKey)), Not(HasSubstr("Lovelace"))));
  const Outcome other_key = run({"--resume"}, "another key of enough bytes");
  EXPECT_EQ(other_key.exit_code, 2);
  EXPECT_THAT(other_key.err, AllOf(HasSubstr("details/key was"), Not(HasSubstr("of enough bytes"))));
  EXPECT_EQ(run({"--resume", "--every-mention"}, kKey).exit_code, 2);
  EXPECT_EQ(run({"--resume"}, kKey).exit_code, 1);
  EXPECT_THAT(read_file(output + ".manifest.json"), Not(HasSubstr(kKey)));
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

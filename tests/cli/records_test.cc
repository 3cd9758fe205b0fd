#include "input/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exit_code.h"
#include "input/line_reader.h"
#include "process.h"
#include "read_records.h"

namespace gliner::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> texts(const std::vector<InputRecord>& records) {
  std::vector<std::string> result;
  for (const InputRecord& record : records) result.push_back(record.text);
  return result;
}

std::string failure(const InputOptions& options) {
  try {
    read(options);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no failure";
}

TEST(LineReader, SkipsALineThatIsTooLongAndGoesOn) {
  const TemporaryFolder folder;
  LineReader lines(folder.write("a.txt", "short\n" + std::string(200000, 'x') + "\nlast"),
                   /*max_bytes=*/100000);
  std::string line;
  ASSERT_EQ(lines.next(line), LineReader::Status::kLine);
  EXPECT_EQ(line, "short");
  EXPECT_EQ(lines.next(line), LineReader::Status::kTooLong);
  EXPECT_EQ(lines.line_number(), 2u);
  ASSERT_EQ(lines.next(line), LineReader::Status::kLine);
  EXPECT_EQ(line, "last");
  EXPECT_EQ(lines.next(line), LineReader::Status::kEnd);
}

TEST(LineReader, JoinsALineAcrossBuffers) {
  const TemporaryFolder folder;
  const std::string wide(150000, 'w');
  LineReader lines(folder.write("a.txt", wide + "\r\n" + wide + "\n"), /*max_bytes=*/1 << 20);
  std::string line;
  ASSERT_EQ(lines.next(line), LineReader::Status::kLine);
  EXPECT_EQ(line, wide);
  ASSERT_EQ(lines.next(line), LineReader::Status::kLine);
  EXPECT_EQ(line, wide);
  EXPECT_EQ(lines.next(line), LineReader::Status::kEnd);
}

TEST(ReadAll, RefusesAFileLongerThanTheLimit) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.txt", std::string(1000, 'x'));
  EXPECT_EQ(read_all(path, 1000).size(), 1000u);
  EXPECT_THROW(read_all(path, 999), UsageError);
}

TEST(JsonLines, ByteOrderMarkCrlfAndBlankLinesAreNoRecords) {
  const TemporaryFolder folder;
  const auto records = read(input(folder.write(
      "a.jsonl", "\xEF\xBB\xBF{\"text\":\"one\"}\r\n\r\n  \t\n{\"text\":\"two\"}\r\n{\"text\":\"three\"}")));
  EXPECT_THAT(texts(records), ElementsAre("one", "two", "three"));
  EXPECT_EQ(records[2].id, 2);
  EXPECT_EQ(records[2].place, "line 5");
}

TEST(JsonLines, AFileOfBlankLinesHasNoRecords) {
  const TemporaryFolder folder;
  EXPECT_TRUE(read(input(folder.write("empty.jsonl", ""))).empty());
  EXPECT_TRUE(read(input(folder.write("blank.jsonl", "\n\r\n\n"))).empty());
}

TEST(JsonLines, IdsAreCopiedOrCounted) {
  const TemporaryFolder folder;
  const auto records = read(input(folder.write("a.jsonl",
                                               "{\"id\":\"x\",\"text\":\"t\"}\n"
                                               "{\"text\":\"t\"}\n"
                                               "{\"id\":-3,\"text\":\"t\"}\n"
                                               "{\"id\":null,\"text\":\"t\"}\n"
                                               "{\"id\":1.5,\"text\":\"t\"}\n"
                                               "{\"id\":12345678901234567890,\"text\":\"t\"}\n"
                                               "{\"id\":[1],\"text\":\"t\"}\n")));
  ASSERT_EQ(records.size(), 7u);
  std::vector<std::string> ids;
  for (const InputRecord& record : records) ids.push_back(record.id.dump());
  EXPECT_THAT(ids, ElementsAre("\"x\"", "1", "-3", "3", "1.5", "12345678901234567890", "6"));
  EXPECT_THAT(records[6].error.value_or(""),
              HasSubstr("field \"id\": expected a string or a number, found array"));
}

TEST(JsonLines, BrokenRecordsSayWhyAndLeaveTheOthersAlone) {
  const TemporaryFolder folder;
  const auto records = read(input(folder.write("a.jsonl",
                                               "{\"text\":\"good\"}\n"
                                               "{\"text\":\n"
                                               "{\"text\":5}\n"
                                               "{\"body\":\"t\",\"n\":1}\n"
                                               "17\n"
                                               "{\"text\":\"\xFF\"}\n"
                                               "{\"text\":1e999}\n" +
                                                   std::string(5000, '[') +
                                                   "\n"
                                                   "\"bare text\"\n")));
  ASSERT_EQ(records.size(), 9u);
  EXPECT_FALSE(records[0].error);
  EXPECT_THAT(records[1].error.value_or(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(records[2].error.value_or(""), HasSubstr("expected a string, found number"));
  EXPECT_THAT(records[3].error.value_or(""), HasSubstr("no field \"text\" (fields: body, n)"));
  EXPECT_THAT(records[4].error.value_or(""), HasSubstr("expected an object"));
  EXPECT_THAT(records[5].error.value_or(""), HasSubstr("UTF-8"));
  EXPECT_TRUE(records[6].error);
  EXPECT_THAT(records[7].error.value_or(""), HasSubstr("200 levels deep"));
  EXPECT_FALSE(records[8].error);
  EXPECT_EQ(records[8].text, "bare text");
  EXPECT_EQ(records[8].id, 8);
  EXPECT_EQ(records[8].place, "line 9");
}

TEST(JsonLines, OtherFieldNamesAndOwnSchemas) {
  const TemporaryFolder folder;
  InputOptions options = input(
      folder.write("a.jsonl", "{\"key\":\"k\",\"body\":\"b\",\"ask\":{\"entities\":[\"x\"]},\"id\":1}\n"));
  options.text_field = "body";
  options.id_field = "key";
  options.schema_field = "ask";
  const auto records = read(options);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].text, "b");
  EXPECT_EQ(records[0].id, "k");
  EXPECT_EQ(records[0].schema.value_or(""), "{\"entities\":[\"x\"]}");
}

TEST(JsonFile, HoldsOneObjectOrAnArray) {
  const TemporaryFolder folder;
  EXPECT_THAT(texts(read(input(folder.write("one.json", "\xEF\xBB\xBF{\n \"text\": \"one\"\n}")))),
              ElementsAre("one"));
  const auto records = read(input(folder.write("many.JSON", "[{\"text\":\"a\",\"id\":\"x\"}, \"b\", 3]")));
  EXPECT_THAT(texts(records), ElementsAre("a", "b", ""));
  EXPECT_THAT(records[2].error.value_or(""), HasSubstr("found number"));
  EXPECT_TRUE(read(input(folder.write("none.json", "[]"))).empty());
}

TEST(JsonFile, ThatIsBrokenIsAUsageErrorThatNamesIt) {
  const TemporaryFolder folder;
  EXPECT_THAT(failure(input(folder.write("a.json", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n"))),
              ::testing::AllOf(HasSubstr("a.json"), HasSubstr("line 2"), HasSubstr(".jsonl")));
  EXPECT_THAT(failure(input(folder.write("empty.json", ""))), HasSubstr("not valid JSON"));
}

TEST(TextFile, IsOneRecordOrOneALine) {
  const TemporaryFolder folder;
  InputOptions options = input(folder.write("a.txt",
                                            "\xEF\xBB\xBF"
                                            "First line.\r\n\r\nSecond line.\r\n"));
  EXPECT_THAT(texts(read(options)), ElementsAre("First line.\r\n\r\nSecond line."));
  options.text_split = "line";
  const auto records = read(options);
  EXPECT_THAT(texts(records), ElementsAre("First line.", "Second line."));
  EXPECT_EQ(records[1].id, 1);
  EXPECT_EQ(records[1].place, "line 3");
  EXPECT_TRUE(read(input(folder.write("empty.md", ""))).empty());
}

TEST(Input, LiteralTextsExcludeAFile) {
  InputOptions options;
  EXPECT_THAT(failure(options), HasSubstr("no input"));
  options.texts = {"one", "two"};
  EXPECT_THAT(texts(read(options)), ElementsAre("one", "two"));
  options.path = "-";
  EXPECT_THAT(failure(options), HasSubstr("not both"));
}

TEST(Input, AFolderWithoutTextsOrAMissingFileIsAUsageError) {
  const TemporaryFolder folder;
  EXPECT_THAT(failure(input(folder.path())), HasSubstr("no text files"));
  InputOptions lines = input(folder.path());
  lines.format = "jsonl";
  EXPECT_THAT(failure(lines), HasSubstr("it is a folder"));
  EXPECT_THAT(failure(input(folder.path() + "/no.jsonl")), HasSubstr("No such file"));
}

}  // namespace
}  // namespace gliner::cli

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "exit_code.h"
#include "input/delimited_records.h"
#include "input/records.h"
#include "output/compressor.h"
#include "process.h"
#include "read_records.h"

namespace gliner::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// "id=text", or "id!error".
std::vector<std::string> shown(const std::vector<InputRecord>& records) {
  std::vector<std::string> result;
  for (const InputRecord& record : records) {
    const std::string id = record.id.is_string() ? record.id.get<std::string>() : record.id.dump();
    result.push_back(record.error ? id + "!" + record.place + ": " + *record.error : id + "=" + record.text);
  }
  return result;
}

// ---- compressed files ----

class Compressed : public ::testing::TestWithParam<Compression> {};

TEST_P(Compressed, FilesAreUnpackedWhateverTheirMembers) {
  const TemporaryFolder folder;
  std::string plain;
  std::string packed;
  for (int i = 0; i < 40; ++i) {
    const std::string lines = "{\"text\":\"row " + std::to_string(i) + std::string(5000, 'x') + "\"}\n";
    plain += lines;
    packed += compress(GetParam(), lines);
  }
  const auto expected = shown(read(input(folder.write("a.jsonl", plain))));
  EXPECT_EQ(expected.size(), 40u);
  EXPECT_EQ(shown(read(input(folder.write("a.jsonl.gz", packed)))), expected);
  EXPECT_EQ(shown(read(input(folder.write("b.jsonl", compress(GetParam(), plain))))),
            expected);  // by its bytes
  EXPECT_TRUE(read(input(folder.write("c.jsonl", compress(GetParam(), "")))).empty());
}

TEST_P(Compressed, DataThatBreaksOffOrIsChangedIsAnErrorBehindTheRowsBefore) {
  const TemporaryFolder folder;
  std::string plain;
  for (int i = 0; i < 3000; ++i) plain += "\"row " + std::to_string(i * 7919) + "\"\n";
  const std::string packed = compress(GetParam(), plain);
  EXPECT_THROW(read(input(folder.write("short.jsonl", packed.substr(0, packed.size() / 2)))), IoError);
  std::string changed = packed;
  changed[packed.size() / 2] = static_cast<char>(changed[packed.size() / 2] ^ 0x55);
  EXPECT_THROW(read(input(folder.write("changed.jsonl", changed))), IoError);
  EXPECT_THROW(read(input(folder.write("more.jsonl", packed + "no such data"))), IoError);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Compressed, ::testing::Values(Compression::kGzip, Compression::kZstd));

// ---- CSV and TSV ----

TEST(Csv, FollowsRfc4180) {
  const TemporaryFolder folder;
  const auto records = read(input(folder.write("a.csv",
                                               "\xEF\xBB\xBFid,text,note\r\n"
                                               "1,plain,\r\n"
                                               "\r\n"
                                               "2,\"with, comma\",x\r\n"
                                               "3,\"a \"\"quoted\"\" word\",x\r\n"
                                               "4,\"two\r\nlines\",x\r\n"
                                               "5,in\"side,x\r\n"
                                               ",no id,x")));
  EXPECT_THAT(shown(records), ElementsAre("1=plain", "2=with, comma", "3=a \"quoted\" word", "4=two\r\nlines",
                                          "5=in\"side", "5=no id"));
  EXPECT_EQ(records[4].place, "line 8");
}

TEST(Csv, ABadRowCostsItsFirstLineOnly) {
  const TemporaryFolder folder;
  EXPECT_THAT(
      shown(read(input(folder.write("a.csv",
                                    "id,text\n"
                                    "1,good\n"
                                    "2\n"
                                    "3,a,b\n"
                                    "4,\"open\n"
                                    "5,good\n"
                                    "6,\"closed\" late\n"
                                    "7,good\n"
                                    "8,\"never closed\n"
                                    "9,good\n"
                                    "10,\n")))),
      ElementsAre("1=good", "1!line 3: expected 2 cells, as in the first row, found 1",
                  "2!line 4: expected 2 cells, as in the first row, found 3",
                  "3!line 5: a quoted cell goes on behind its closing quote", "5=good",
                  "5!line 7: a quoted cell goes on behind its closing quote", "7=good",
                  "7!line 9: a quote that is never closed", "9=good", "10!line 11: the text is empty"));
}

TEST(Csv, TooLongRowsAreErrors) {
  const TemporaryFolder folder;
  InputOptions options = input(folder.write(
      "a.csv", "text\n" + std::string(500, 'x') + "\ngood\n\"" + std::string(60, '\n') + "\"\nlast\n"));
  options.max_record_bytes = 50;
  const auto records = read(options);
  EXPECT_THAT(records[0].error.value_or(""), HasSubstr("--max-record-bytes"));
  EXPECT_EQ(records[1].text, "good");
  EXPECT_THAT(records[2].error.value_or(""), HasSubstr("--max-record-bytes"));
  EXPECT_EQ(records.back().text, "last");
}

TEST(Csv, ColumnsAreNamed) {
  const TemporaryFolder folder;
  InputOptions options =
      input(folder.write("a.tsv", "key\tbody\task\nk\tsome, text\t{\"entities\":[\"x\"]}\n"));
  EXPECT_THROW(open_records(options), UsageError);  // no column "text"
  options.text_field = "body";
  options.id_field = "key";
  options.schema_field = "ask";
  const auto records = read(options);
  EXPECT_THAT(shown(records), ElementsAre("k=some, text"));
  EXPECT_EQ(records[0].schema.value_or(""), "{\"entities\":[\"x\"]}");
  EXPECT_TRUE(read(input(folder.write("empty.csv", ""))).empty());
  EXPECT_THROW(open_records(input(folder.write("twice.csv", "text,text\na,b\n"))), UsageError);
}

// ---- many files ----

TEST(Files, OfAFolderAreReadInTheSameOrder) {
  const TemporaryFolder folder;
  for (const char* name : {"b", "a", ".hidden"})
    std::filesystem::create_directory(folder.path() + "/" + name);
  folder.write("b/2.txt", "two\n");
  folder.write("b/1.md", "one\r\n");
  folder.write("a/z.txt", "zed");
  folder.write("c.txt", "sea");
  folder.write("c.jsonl", "no text");
  folder.write(".hidden/h.txt", "hidden");
  folder.write("empty.txt", "");
  folder.write("binary.txt", std::string("a\0b", 3));
  EXPECT_THAT(shown(read(input(folder.path()))),
              ElementsAre("a/z.txt=zed", "b/1.md=one", "b/2.txt=two",
                          "binary.txt!" + folder.path() + "/binary.txt: a NUL at byte 1: this is not text",
                          "c.txt=sea", "empty.txt!" + folder.path() + "/empty.txt: the text is empty"));
}

TEST(Files, OfAPatternHaveTheirPathsAsIds) {
  const TemporaryFolder folder;
  folder.write("b.rst", "b");
  folder.write("a.rst", "a");
  folder.write("c.txt", "c");
  EXPECT_THAT(shown(read(input(folder.path() + "/*.rst"))),
              ElementsAre(folder.path() + "/a.rst=a", folder.path() + "/b.rst=b"));
  EXPECT_THROW(open_records(input(folder.path() + "/*.html")), UsageError);
  // A file of that very name is a file.
  EXPECT_THAT(shown(read(input(folder.write("odd[1].txt", "odd")))), ElementsAre("0=odd"));
}

TEST(Records, EmptyTextsAndNulsAreErrors) {
  const TemporaryFolder folder;
  EXPECT_THAT(
      shown(read(input(folder.write("a.jsonl", "{\"text\":\"\"}\n\"\"\n{\"text\":\"a\\u0000b\"}\n\"x\"\n")))),
      ElementsAre("0!line 1: the text is empty", "1!line 2: the text is empty",
                  "2!line 3: a NUL at byte 1: this is not text", "3=x"));
}

}  // namespace
}  // namespace gliner::cli

#include "io/jsonl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "test_files.h"

namespace gliner {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::TempFolder;

/// (number, text) of every line.
std::vector<std::pair<std::int64_t, std::string>> lines(const std::string& stream) {
  std::istringstream in(stream);
  JsonlReader reader(in);
  std::vector<std::pair<std::int64_t, std::string>> all;
  JsonlLine line;
  while (reader.next(line)) all.emplace_back(line.number, line.text);
  return all;
}

/// The message of parsing this text as line 7.
std::string refusal(const std::string& text) {
  return error_of<InputError>([&] { parse_jsonl({7, text, {}}); });
}

TEST(JsonlReader, GivesLinesWithTheirNumbers) {
  EXPECT_THAT(lines("{}\n[1]\n"), ElementsAre(Pair(1, "{}"), Pair(2, "[1]")));
  EXPECT_THAT(lines("{}\n[1]"), ElementsAre(Pair(1, "{}"), Pair(2, "[1]")));
  EXPECT_THAT(lines(""), IsEmpty());
}

TEST(JsonlReader, TakesCarriageReturnsBeforeLineEndsAway) {
  EXPECT_THAT(lines("1\r\n2\r\n\r\n3\r"), ElementsAre(Pair(1, "1"), Pair(2, "2"), Pair(4, "3")));
  EXPECT_THAT(lines("1\r2\r\r\n"), ElementsAre(Pair(1, "1\r2\r")));
}

TEST(JsonlReader, PassesOverBlankLinesButCountsThem) {
  EXPECT_THAT(lines("\n\n 1\n \t\n\n2\n\n"), ElementsAre(Pair(3, " 1"), Pair(6, "2")));
  EXPECT_THAT(lines("\n"), IsEmpty());
  EXPECT_THAT(lines(" "), IsEmpty());
}

TEST(JsonlReader, TakesAByteOrderMarkAwayAtTheStartOnly) {
  EXPECT_THAT(lines("\xef\xbb\xbf{}\n"), ElementsAre(Pair(1, "{}")));
  EXPECT_THAT(lines("\xef\xbb\xbf\n1\n"), ElementsAre(Pair(2, "1")));
  EXPECT_THAT(lines("1\n\xef\xbb\xbf"
                    "2\n"),
              ElementsAre(Pair(1, "1"), Pair(2,
                                             "\xef\xbb\xbf"
                                             "2")));
}

TEST(JsonlReader, KeepsBytesThatAreNoText) {
  const std::string nul("a\0b\0", 4);
  EXPECT_THAT(lines(nul + "\n\xff\xfe\n"), ElementsAre(Pair(1, nul), Pair(2, "\xff\xfe")));
}

TEST(JsonlReader, LinesOfAnyLengthComeWhole) {
  // Around the size of the pieces in which lines are read.
  for (const std::size_t size : {65534u, 65535u, 65536u, 131069u, 131070u, 131071u, 10'000'000u}) {
    const std::string text(size, 'x');
    EXPECT_THAT(lines(text + "\nend"), ElementsAre(Pair(1, text), Pair(2, "end"))) << size;
    EXPECT_THAT(lines(text), ElementsAre(Pair(1, text))) << size;
  }
}

TEST(JsonlReader, ALongLineBecomesAnErrorAndTheNextIsRead) {
  std::istringstream in(std::string(10 << 20, 'x') + "\n12345\n123456\n");
  JsonlReader reader(in, /*max_line_bytes=*/5);
  JsonlLine line;
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line.number, 1);
  EXPECT_EQ(line.error, "10485760 bytes, the limit is 5");
  EXPECT_EQ(line.text.capacity(), std::string().capacity());
  EXPECT_EQ(error_of<InputError>([&] { parse_jsonl(line); }), "line 1: 10485760 bytes, the limit is 5");
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line.text, "12345");
  EXPECT_EQ(line.error, "");
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line.error, "6 bytes, the limit is 5");
  EXPECT_FALSE(reader.next(line));
  EXPECT_FALSE(reader.next(line));
}

TEST(JsonlReader, GivesALineBeforeTheNextHasCome) {
  std::stringstream stream;
  JsonlReader reader(stream);
  JsonlLine line;
  stream << "1\n";
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line.text, "1");
  stream << "2\n";
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line.text, "2");
}

TEST(JsonlReader, AStreamThatCannotBeReadIsAnError) {
  const TempFolder folder;
  std::ifstream in(folder.path());  // opens, but a folder has no bytes
  JsonlReader reader(in);
  JsonlLine line;
  EXPECT_THAT(error_of<InputError>([&] { reader.next(line); }),
              HasSubstr("line 1: the input cannot be read"));
  std::ifstream none(folder.path("none"));
  JsonlReader reader_of_none(none);
  EXPECT_FALSE(reader_of_none.next(line));
}

TEST(JsonlParse, GivesTheValue) {
  EXPECT_EQ(parse_jsonl({1, R"( {"text": "caf\u00e9 :{[", "n": [1, 2]} )", {}})["n"][1], 2);
  const std::string long_text = "\"" + std::string(10 << 20, 'x') + "\"";
  EXPECT_EQ(parse_jsonl({1, long_text, {}}).get_ref<const std::string&>().size(), std::size_t{10} << 20);
}

TEST(JsonlParse, ErrorsNameTheLine) {
  EXPECT_THAT(refusal("{\"a\":"), HasSubstr("line 7: broken JSON near byte"));
  EXPECT_THAT(refusal("{} {}"), HasSubstr("line 7: broken JSON"));
  EXPECT_THAT(refusal("not json"), HasSubstr("line 7: broken JSON"));
  EXPECT_THAT(refusal("\"open"), HasSubstr("line 7: broken JSON"));
  EXPECT_THAT(refusal("\"open\\"), HasSubstr("line 7: broken JSON"));
  EXPECT_THAT(refusal("1e999"), HasSubstr("line 7: unusable JSON"));
}

TEST(JsonlParse, NulBytesAndBrokenUtf8AreRefused) {
  EXPECT_THAT(refusal(std::string("\"a\0b\"", 5)), HasSubstr("line 7: broken JSON"));
  EXPECT_THAT(refusal(std::string("{}\0", 3)), HasSubstr("line 7: broken JSON"));
  EXPECT_THAT(refusal("\"\xff\""), HasSubstr("line 7: broken JSON"));
  EXPECT_THAT(refusal("\"\xc3\""), HasSubstr("line 7: broken JSON"));
  EXPECT_THAT(refusal("\"\xed\xa0\x80\""), HasSubstr("line 7: broken JSON"));
}

TEST(JsonlParse, Utf16IsNamed) {
  const JsonlLine line{1, std::string("\xff\xfe{\0}\0", 6), {}};
  EXPECT_EQ(error_of<InputError>([&] { parse_jsonl(line); }), "line 1: expected UTF-8, found UTF-16");
}

TEST(JsonlParse, NestingAndKeysAreBounded) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_jsonl({7, nested(512), {}}).is_array());
  EXPECT_EQ(refusal(nested(513)), "line 7: nested deeper than 512");
  EXPECT_EQ(refusal(std::string(10 << 20, '[')), "line 7: nested deeper than 512");
  const auto object = [](int keys) {
    std::string text = "{";
    for (int i = 0; i < keys; ++i) text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":0";
    return text + "}";
  };
  EXPECT_EQ(parse_jsonl({7, object(10'000), {}}).size(), 10'000u);
  EXPECT_EQ(refusal(object(10'001)), "line 7: an object of more than 10000 keys");
  // Keys are counted per object, and neither colons in strings nor in neighbours count.
  EXPECT_EQ(
      parse_jsonl({7, "[" + object(6000) + "," + object(6000) + ",\"" + std::string(20'000, ':') + "\"]", {}})
          .size(),
      3u);
}

TEST(JsonlWriter, WritesOneLineAValue) {
  std::ostringstream out;
  JsonlWriter writer(out);
  writer.write(Json{{"b", "line\nend \xc3\xa9"}, {"a", 0.1}});
  writer.write(Json::array({1, nullptr}));
  writer.flush();
  EXPECT_EQ(out.str(), "{\"b\":\"line\\nend \xc3\xa9\",\"a\":0.1}\n[1,null]\n");
}

TEST(JsonlWriter, ReadsBackWhatItWrote) {
  std::stringstream stream;
  const Json value = {{"text", "\x01 \" \\ \xf0\x9f\x99\x82"}, {"score", 0.30000000000000004}};
  JsonlWriter(stream).write(value);
  JsonlLine line;
  ASSERT_TRUE(JsonlReader(stream).next(line));
  EXPECT_EQ(parse_jsonl(line), value);
}

TEST(JsonlWriter, AStreamThatTakesNothingIsAnError) {
  std::ofstream full("/dev/full");
  if (!full) GTEST_SKIP() << "no /dev/full here";
  JsonlWriter writer(full);
  const auto write = [&] {
    writer.write(Json(1));
    writer.flush();
  };
  EXPECT_THAT(error_of<Error>(write), HasSubstr("cannot be written"));
}

}  // namespace
}  // namespace gliner

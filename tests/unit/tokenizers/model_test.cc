// The four models through whole files, so that their JSON is read too.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>

#include "test_tokenizers.h"

namespace gliner {
namespace {

using ::testing::ElementsAre;
using testing::FileText;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string unigram(const std::string& vocab, const std::string& more) {
  return R"({"type": "Unigram", "vocab": [)" + vocab + "], " + more + "}";
}

TEST(Unigram, TakesTheBestSumAndFusesUnknownText) {
  // The example of SentencePiece's own tests.
  const Tokenizer t =
      FileText{unigram(R"(["<unk>", 0], ["a", 0], ["b", 0], ["c", 0], ["d", 0], ["cd", 1], ["ab", 2],
                                          ["abc", 5], ["abcd", 10])",
                       R"("unk_id": 0)")}
          .tokenizer();
  EXPECT_THAT(t.tokens("abcdacdxx"), ElementsAre("abcd", "a", "cd", "xx"));
  EXPECT_THAT(t.encode("abcdacdxx"), ElementsAre(8, 1, 5, 0));
  EXPECT_THAT(t.tokens("x<unk>y\u6771"), ElementsAre("x<unk>y\u6771"));
  EXPECT_THAT(t.encode(""), IsEmpty());
  EXPECT_EQ(t.model_kind(), "Unigram");
  EXPECT_EQ(t.size(), 9);
  EXPECT_EQ(t.id_limit(), 9);
}

TEST(Unigram, FallsBackToBytesIfAllAreThere) {
  const std::string vocab = R"(["<unk>", 0], ["a", -1], ["<0xC3>", 0], ["<0xA9>", 0])";
  const Tokenizer with = FileText{unigram(vocab, R"("unk_id": 0, "byte_fallback": true)")}.tokenizer();
  EXPECT_THAT(with.encode("a\u00e9a\u00e8"), ElementsAre(1, 2, 3, 1, 0));
  const Tokenizer without = FileText{unigram(vocab, R"("unk_id": 0, "byte_fallback": false)")}.tokenizer();
  EXPECT_THAT(without.encode("\u00e9"), ElementsAre(0));
}

TEST(Unigram, NeedsAnUnknownEntryOnlyForUnknownText) {
  const Tokenizer t = FileText{unigram(R"(["a", -1])", R"("unk_id": null)")}.tokenizer();
  EXPECT_THAT(t.encode("aa"), ElementsAre(0, 0));
  EXPECT_THROW(t.encode("ab"), ModelError);
}

TEST(Unigram, TakesTheLastOfEqualEntries) {
  const Tokenizer t =
      FileText{unigram(R"(["<unk>", 0], ["a", -1], ["a", -2])", R"("unk_id": 0)")}.tokenizer();
  EXPECT_THAT(t.encode("a"), ElementsAre(2));
  EXPECT_EQ(t.size(), 3);
}

// The textbook form: every cut of the word, scored from left to right.
class PlainUnigram {
 public:
  explicit PlainUnigram(const std::vector<std::pair<std::string, double>>& entries) : entries_(entries) {}
  double best(const std::string& word) {
    best_ = -1e300;
    extend(word, 0, 0.0);
    return best_;
  }

 private:
  void extend(const std::string& word, std::size_t pos, double score) {
    if (pos == word.size()) best_ = std::max(best_, score);
    for (const auto& [piece, piece_score] : entries_) {
      if (!piece.empty() && word.compare(pos, piece.size(), piece) == 0)
        extend(word, pos + piece.size(), score + piece_score);
    }
  }
  std::vector<std::pair<std::string, double>> entries_;
  double best_ = 0;
};

TEST(Unigram, AgreesWithTryingEveryCut) {
  std::mt19937 random(11);
  std::vector<std::pair<std::string, double>> entries = {{"a", -3}, {"b", -3.5}};
  for (int i = 0; i < 12; ++i) {
    std::string piece;
    for (std::size_t size = 2 + random() % 3; size > 0; --size)
      piece += static_cast<char>('a' + random() % 2);
    entries.emplace_back(piece, -static_cast<double>(random() % 1000) / 100);
  }
  std::string vocab = R"(["<unk>", 0])";
  std::map<std::string, double> scores;
  for (const auto& [piece, score] : entries) {
    vocab += fmt::format(", [\"{}\", {}]", piece, score);
    scores[piece] = score;  // the last counts
  }
  entries.assign(scores.begin(), scores.end());
  const Tokenizer t = FileText{unigram(vocab, R"("unk_id": 0)")}.tokenizer();
  for (int round = 0; round < 200; ++round) {
    std::string word;
    for (std::size_t size = 1 + random() % 9; size > 0; --size) word += static_cast<char>('a' + random() % 2);
    double sum = 0;
    std::string joined;
    for (const std::string& token : t.tokens(word)) {
      sum += scores.at(token);
      joined += token;
    }
    EXPECT_EQ(joined, word);
    EXPECT_NEAR(sum, PlainUnigram(entries).best(word), 1e-9) << word;
  }
}

TEST(WordPiece, TakesTheLongestEntryAgainAndAgain) {
  const Tokenizer t =
      FileText{R"({"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                                   "max_input_chars_per_word": 8,
                                   "vocab": {"[UNK]": 0, "un": 1, "##aff": 2, "##able": 3, "##a": 4, "\u00e9": 5,
                                             "##\u00e9": 6, "##": 7, "#": 8, "###": 9}})"}
          .tokenizer();
  EXPECT_THAT(t.tokens("unaffable"), ElementsAre("[UNK]"));  // nine characters
  EXPECT_THAT(t.tokens("unable"), ElementsAre("un", "##able"));
  EXPECT_THAT(t.tokens("unaa"), ElementsAre("un", "##a", "##a"));
  EXPECT_THAT(t.tokens("unx"), ElementsAre("[UNK]"));
  EXPECT_THAT(t.encode("\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"),
              ElementsAre(5, 6, 6, 6, 6, 6, 6, 6));
  EXPECT_THAT(t.tokens("##"), ElementsAre("##"));
  EXPECT_THAT(t.tokens("##a"), ElementsAre("##a"));  // the entry, as a whole word
  EXPECT_THAT(t.tokens("####"), ElementsAre("###", "###"));
}

TEST(WordPiece, NeedsAnUnknownEntryOnlyForUnknownText) {
  const Tokenizer t = FileText{R"({"unk_token": "[UNK]", "continuing_subword_prefix": "##",
                                   "max_input_chars_per_word": 8, "vocab": {"a": 5}})"}
                          .tokenizer();
  EXPECT_EQ(t.model_kind(), "WordPiece");
  EXPECT_THAT(t.encode("a"), ElementsAre(5));
  EXPECT_THROW(t.encode("b"), ModelError);
  EXPECT_EQ(t.id_limit(), 6);
}

std::string bpe(const std::string& vocab, const std::string& merges, const std::string& more = {}) {
  return R"({"type": "BPE", "vocab": {)" + vocab + R"(}, "merges": [)" + merges + "]" + more + "}";
}

TEST(Bpe, MergesByRankThenFromTheLeft) {
  const std::string vocab = R"("a": 0, "b": 1, "c": 2, "ab": 3, "bc": 4, "abc": 5, "aa": 6)";
  const Tokenizer t = FileText{bpe(vocab, R"("b c", "a b", "a bc", "a a")")}.tokenizer();
  EXPECT_THAT(t.tokens("abc"), ElementsAre("abc"));
  EXPECT_THAT(t.tokens("aab"), ElementsAre("a", "ab"));
  EXPECT_THAT(t.tokens("aaa"), ElementsAre("aa", "a"));
  EXPECT_THAT(t.tokens("axb"), ElementsAre("ab"));  // unknown characters are dropped
  EXPECT_EQ(t.model_kind(), "BPE");
  const Tokenizer pairs = FileText{bpe(vocab, R"(["b", "c"], ["a", "b"])")}.tokenizer();
  EXPECT_THAT(pairs.tokens("abc"), ElementsAre("a", "bc"));
}

TEST(Bpe, KnowsUnknownCharactersFusedOrNot) {
  const std::string vocab = R"("a": 0, "?": 1)";
  EXPECT_THAT(FileText{bpe(vocab, "", R"(, "unk_token": "?")")}.tokenizer().encode("xya"),
              ElementsAre(1, 1, 0));
  EXPECT_THAT(FileText{bpe(vocab, "", R"(, "unk_token": "?", "fuse_unk": true)")}.tokenizer().encode("xyaz"),
              ElementsAre(1, 0, 1));
  EXPECT_THROW(FileText{bpe(vocab, "", R"(, "unk_token": "none")")}.tokenizer().encode("x"), ModelError);
  EXPECT_THAT(FileText{bpe(vocab, "", R"(, "unk_token": "none")")}.tokenizer().encode("a"), ElementsAre(0));
}

TEST(Bpe, LetsBytesOvertakeAWaitingUnknownCharacter) {
  const std::string model =
      bpe(R"("a": 0, "?": 1, "<0xC3>": 2, "<0xA9>": 3)", "", R"(, "unk_token": "?", "byte_fallback": true)");
  EXPECT_THAT(FileText{model}.tokenizer().encode("x\u00e9a"), ElementsAre(2, 3, 1, 0));
}

TEST(Bpe, SpellsTheInsideAndTheEndOfWords) {
  const Tokenizer t =
      FileText{bpe(R"("a": 0, "##b": 1, "##b</w>": 2, "ab</w>": 3, "a</w>": 4)", R"("a ##b</w>")",
                   R"(, "continuing_subword_prefix": "##", "end_of_word_suffix": "</w>")")}
          .tokenizer();
  EXPECT_THAT(t.tokens("ab"), ElementsAre("ab</w>"));
  EXPECT_THAT(t.tokens("abb"), ElementsAre("a", "##b", "##b</w>"));
  EXPECT_THAT(t.tokens("a"), ElementsAre("a</w>"));
}

TEST(Bpe, TakesWholeEntriesIfMergesAreIgnored) {
  const std::string vocab = R"("a": 0, "b": 1, "ba": 2)";
  EXPECT_THAT(FileText{bpe(vocab, "", R"(, "ignore_merges": true)")}.tokenizer().encode("ba"),
              ElementsAre(2));
  EXPECT_THAT(FileText{bpe(vocab, "")}.tokenizer().encode("ba"), ElementsAre(1, 0));
}

TEST(Bpe, ToleratesHeadersNullOptionsAndNoDropout) {
  const Tokenizer t = FileText{bpe(R"("a": 0, "b": 1, "ab": 2)", R"("#version: 0.2", "a b")",
                                   R"(, "dropout": 0.0, "unk_token": null, "continuing_subword_prefix": "",
                                      "end_of_word_suffix": null, "fuse_unk": null)")}
                          .tokenizer();
  EXPECT_THAT(t.encode("ab"), ElementsAre(2));
}

TEST(WordLevel, KnowsWholePiecesOnly) {
  const Tokenizer t =
      FileText{R"({"type": "WordLevel", "unk_token": "?", "vocab": {"?": 3, "ab": 1}})"}.tokenizer();
  EXPECT_THAT(t.encode("ab"), ElementsAre(1));
  EXPECT_THAT(t.encode("abc"), ElementsAre(3));
  EXPECT_EQ(t.token_to_id("ab"), 1);
  EXPECT_EQ(t.token_to_id("abc"), -1);
}

}  // namespace
}  // namespace gliner

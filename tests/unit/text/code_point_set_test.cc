#include "text/code_point_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace gliner {
namespace {

std::set<char32_t> members(const CodePointSet& set) {
  std::set<char32_t> out;
  for (const CodePointRange& range : set.ranges()) {
    for (char32_t cp = range.first; cp <= range.last; ++cp) out.insert(cp);
  }
  return out;
}

TEST(CodePointSetTest, MergesRangesLikeASetOfTheirMembers) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    CodePointSet set;
    std::set<char32_t> expected;
    for (int i = 0; i < 8; ++i) {
      // Around both ends of the surrogates, close enough that ranges meet.
      const char32_t first = (random() % 2 == 0 ? 0xD7C0U : 0xDFE0U) + random() % 0x60;
      const char32_t last = first + random() % 8;
      set.add(first, last, CaseRule::kExact);
      for (char32_t cp = first; cp <= last; ++cp) {
        if (cp < 0xD800 || cp > 0xDFFF) expected.insert(cp);
      }
    }
    EXPECT_EQ(members(set), expected);
    for (std::size_t i = 1; i < set.ranges().size(); ++i) {
      EXPECT_LT(set.ranges()[i - 1].last + 1, set.ranges()[i].first) << "neither overlapping nor adjacent";
    }
  }
}

TEST(CodePointSetTest, UnicodeCaseHoldsEqualWhatSharesAnUpperCase) {
  const std::vector<std::set<char32_t>> orbits = {
      {U'a', U'A'},
      {U'k', U'K', 0x212A},
      {U's', U'S', 0x17F},
      {U'i', U'I', 0x130, 0x131},
      {0xB5, 0x3BC, 0x39C},
      {0xDF, 0x1E9E},
      {0x345, 0x399, 0x3B9, 0x1FBE},
      {0x390, 0x1FD3},
      {0x3A3, 0x3C2, 0x3C3},
      {0xFB05, 0xFB06},
      {0x10400, 0x10428},
      {U'1'},
      {0x149},  // its upper case has two code points and belongs to nothing else
  };
  for (const std::set<char32_t>& orbit : orbits) {
    for (const char32_t cp : orbit) {
      CodePointSet set;
      set.add(cp, cp, CaseRule::kUnicode);
      EXPECT_EQ(members(set), orbit) << std::hex << static_cast<unsigned>(cp);
    }
  }
}

TEST(CodePointSetTest, AsciiCaseKeepsToAscii) {
  CodePointSet set;
  set.add(U'h', U'k', CaseRule::kAscii);
  set.add(U'É', U'É', CaseRule::kAscii);
  EXPECT_EQ(members(set), (std::set<char32_t>{U'h', U'i', U'j', U'k', U'H', U'I', U'J', U'K', U'É'}));
}

}  // namespace
}  // namespace gliner

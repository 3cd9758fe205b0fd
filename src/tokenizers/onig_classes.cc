#include "tokenizers/onig_classes.h"

#include <pcre2.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gliner {
namespace {

using Name = std::pair<std::string_view, std::string_view>;

constexpr bool kKnowsBinaryProperties = PCRE2_MAJOR * 100 + PCRE2_MINOR >= 1040;

constexpr std::array<Name, 37> kCategories = {{
    {"c", "C"},   {"cc", "Cc"}, {"cf", "Cf"}, {"cn", "Cn"}, {"co", "Co"}, {"cs", "Cs"}, {"l", "L"},
    {"ll", "Ll"}, {"lm", "Lm"}, {"lo", "Lo"}, {"lt", "Lt"}, {"lu", "Lu"}, {"lc", "L&"}, {"m", "M"},
    {"mc", "Mc"}, {"me", "Me"}, {"mn", "Mn"}, {"n", "N"},   {"nd", "Nd"}, {"nl", "Nl"}, {"no", "No"},
    {"p", "P"},   {"pc", "Pc"}, {"pd", "Pd"}, {"pe", "Pe"}, {"pf", "Pf"}, {"pi", "Pi"}, {"po", "Po"},
    {"ps", "Ps"}, {"s", "S"},   {"sc", "Sc"}, {"sk", "Sk"}, {"sm", "Sm"}, {"so", "So"}, {"z", "Z"},
    {"zl", "Zl"}, {"zp", "Zp"},
}};

constexpr std::array<Name, 14> kLongCategories = {{
    {"zs", "Zs"},
    {"letter", "L"},
    {"mark", "M"},
    {"number", "N"},
    {"punctuation", "P"},
    {"symbol", "S"},
    {"separator", "Z"},
    {"other", "C"},
    {"uppercaseletter", "Lu"},
    {"lowercaseletter", "Ll"},
    {"titlecaseletter", "Lt"},
    {"modifierletter", "Lm"},
    {"otherletter", "Lo"},
    {"decimalnumber", "Nd"},
}};

template <std::size_t N>
std::string_view look_up(const std::array<Name, N>& table, std::string_view name) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Name& row) { return row.first == name; });
  return found == table.end() ? std::string_view() : found->second;
}

}  // namespace

std::string onig_posix_class(std::string_view name) {
  const std::string graph = "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}";
  if (name == "ascii") return "\\x{0}-\\x{7f}";
  if (name == "blank") return "\\x{9}\\p{Zs}";
  if (name == "cntrl") return "\\p{Cc}";
  if (name == "digit") return std::string(kOnigDigit);
  if (name == "graph") return graph;
  if (name == "print") return graph + "\\p{Zs}";
  if (name == "punct") return "\\p{P}\\p{S}";
  if (name == "space") return std::string(kOnigSpace);
  if (name == "word") return std::string(kOnigWord);
  if (name == "xdigit") return std::string(kOnigHexDigit);
  if (!kKnowsBinaryProperties) return {};
  if (name == "alpha") return "\\p{Alphabetic}";
  if (name == "alnum") return "\\p{Alphabetic}\\p{Nd}";
  if (name == "lower") return "\\p{Lowercase}";
  if (name == "upper") return "\\p{Uppercase}";
  return {};
}

std::string onig_property(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    if (c == ' ' || c == '_' || c == '-') continue;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter) return {};
    folded.push_back(static_cast<char>(c | 0x20));
  }
  if (folded.empty()) return {};
  std::string_view category = look_up(kCategories, folded);
  if (category.empty()) category = look_up(kLongCategories, folded);
  if (!category.empty()) return "\\p{" + std::string(category) + "}";
  if (folded == "any") return "\\x{0}-\\x{10ffff}";
  if (std::string posix = onig_posix_class(folded); !posix.empty()) return posix;
  // Since 10.40 a bare script name means the script extensions.
  return (kKnowsBinaryProperties ? "\\p{sc:" : "\\p{") + std::string(name) + "}";
}

}  // namespace gliner

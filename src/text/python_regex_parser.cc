#include "text/python_regex_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "gliner/error.h"
#include "text/python_regex_cursor.h"
#include "text/python_string.h"
#include "text/python_unicode.h"
#include "text/utf8.h"

namespace gliner {
namespace {

constexpr int kMaxNesting = 250;                // groups in groups; bounds the recursion
constexpr std::uint32_t kMaxCount = 65535;      // of a counted repetition, the limit of PCRE2
constexpr std::uint64_t kTooLarge = 1U << 30U;  // where reading a number stops
constexpr std::size_t kAnyNumber = SIZE_MAX;
constexpr int kTypeFlags = kRegexAscii | kRegexUnicode;
constexpr int kKnownFlags = kTypeFlags | kRegexIgnoreCase | kRegexMultiline | kRegexDotAll | kRegexVerbose;

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_octal(char32_t c) { return c >= '0' && c <= '7'; }
bool is_hex(char32_t c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_ascii_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_one_of(char32_t c, std::string_view set) {
  return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
}

bool is_identifier(std::u32string_view name) {
  return !name.empty() && py_is_identifier_start(name.front()) &&
         std::all_of(name.begin() + 1, name.end(), py_is_identifier_part);
}

std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  const bool wrapped = __builtin_mul_overflow(a, b, &product);
  return wrapped ? RegexWidth::kUnbounded : std::min(product, RegexWidth::kUnbounded);
}

RegexWidth width_of(const RegexSequence& sequence) {
  RegexWidth width;
  for (const RegexNode& node : sequence) {
    width.min = std::min(width.min + node.width.min, RegexWidth::kUnbounded);
    width.max = std::min(width.max + node.width.max, RegexWidth::kUnbounded);
  }
  return width;
}

RegexWidth either(RegexWidth a, RegexWidth b) { return {std::min(a.min, b.min), std::max(a.max, b.max)}; }

/// Recursive descent with one token of look-ahead. Error positions follow Python's.
class Parser : private RegexCursor {
 public:
  Parser(std::string_view pattern, int flags) : RegexCursor(pattern), flags_(flags) {}

  RegexTree parse() {
    RegexTree tree;
    tree.body = parse_alternatives((flags_ & kRegexVerbose) != 0, 0);
    if ((flags_ & kTypeFlags) == kTypeFlags)
      throw_invalid_regex(pattern(), "ASCII and UNICODE flags together");
    if (!next().at_end()) fail("unbalanced parenthesis");
    for (const auto& [group, position] : condition_positions_) {
      if (group >= groups()) fail_at(fmt::format("invalid group reference {}", group), position);
    }
    tree.flags = flags_;
    return tree;
  }

 private:
  struct InlineFlags {
    bool global = false;
    int added = 0;
    int removed = 0;
  };

  int groups() const { return static_cast<int>(group_widths_.size()); }
  bool is_closed(int group) const {
    return group < groups() && group_widths_[static_cast<std::size_t>(group)].has_value();
  }
  void check_look_behind_group(int group) const {
    if (look_behind_groups_ < 0) return;
    if (!is_closed(group)) fail("cannot refer to an open group");
    if (group >= look_behind_groups_) fail("cannot refer to group defined in the same lookbehind subpattern");
  }

  RegexSequence parse_alternatives(bool verbose, int depth);
  RegexSequence parse_sequence(bool verbose, int depth, bool first);
  RegexNode parse_escape(const RegexToken& token);
  char32_t parse_code(const RegexToken& token, std::u32string& escape);
  RegexNode parse_set();
  std::optional<char32_t> parse_set_member(const RegexToken& token, std::vector<RegexSetItem>& items);
  bool parse_count(std::uint32_t& min, std::uint32_t& max);
  void parse_repeat(char kind, RegexSequence& sequence);
  std::optional<RegexNode> parse_parenthesis(bool& verbose, int depth, bool may_set_flags);
  RegexNode parse_group(int capture, InlineFlags inline_flags, bool atomic, std::size_t start, bool verbose,
                        int depth);
  RegexNode parse_look(char kind, std::size_t start, bool verbose, int depth);
  RegexNode parse_conditional(std::size_t start, bool verbose, int depth);
  RegexNode named_reference();
  int condition_group();
  InlineFlags parse_flags(RegexToken token);
  int flag_of(const RegexToken& token) const;
  void close_parenthesis(std::size_t start) {
    if (!accept(')')) fail("missing ), unterminated subpattern", tell() - start);
  }

  int flags_;
  std::vector<std::optional<RegexWidth>> group_widths_{std::nullopt};  // absent: group 0, or still open
  std::map<std::u32string, int> group_names_;
  std::map<int, std::size_t> condition_positions_;  // of groups that conditions ask for by number
  int look_behind_groups_ = -1;                     // groups before the outermost look-behind; -1 outside
};

RegexNode backreference(int group, RegexWidth width) { return {RegexBackreference{group}, width}; }

/// Single characters between bars become one set, as in Python.
std::optional<RegexSet> as_set(const std::vector<RegexSequence>& alternatives) {
  RegexSet merged{false, {}};
  for (const RegexSequence& alternative : alternatives) {
    if (alternative.size() != 1) return std::nullopt;
    const auto* literal = std::get_if<RegexLiteral>(&alternative.front().value);
    const auto* set = std::get_if<RegexSet>(&alternative.front().value);
    if (literal != nullptr && !literal->negated) {
      merged.items.push_back({0, literal->value, literal->value});
    } else if (set != nullptr && !set->negated) {
      merged.items.insert(merged.items.end(), set->items.begin(), set->items.end());
    } else {
      return std::nullopt;
    }
  }
  return merged;
}

RegexSequence Parser::parse_alternatives(bool verbose, int depth) {
  if (depth > kMaxNesting) fail(fmt::format("more than {} nested groups", kMaxNesting));
  std::vector<RegexSequence> alternatives;
  do {
    alternatives.push_back(parse_sequence(verbose, depth, depth == 0 && alternatives.empty()));
    if (depth == 0) verbose = (flags_ & kRegexVerbose) != 0;
  } while (accept('|'));
  if (alternatives.size() == 1) return std::move(alternatives.front());
  RegexSequence sequence;
  if (auto set = as_set(alternatives)) {
    sequence.push_back({std::move(*set), {1, 1}});
    return sequence;
  }
  RegexWidth width = width_of(alternatives.front());
  for (const RegexSequence& alternative : alternatives) width = either(width, width_of(alternative));
  sequence.push_back({RegexBranch{std::move(alternatives)}, width});
  return sequence;
}

bool is_plain_group(const RegexNode& node) {
  const auto* group = std::get_if<RegexGroup>(&node.value);
  return group != nullptr && group->capture == 0 && group->added_flags == 0 && group->removed_flags == 0;
}

RegexSequence Parser::parse_sequence(bool verbose, int depth, bool first) {
  RegexSequence sequence;
  while (!next().at_end() && !next().is_one_of("|)")) {
    const RegexToken token = take();
    if (verbose && token.is_one_of(" \t\n\r\v\f")) continue;
    if (verbose && token.is('#')) {
      while (true) {
        const RegexToken skipped = take();
        if (skipped.at_end() || skipped.is('\n')) break;
      }
      continue;
    }
    if (token.escaped()) {
      sequence.push_back(parse_escape(token));
    } else if (token.is('[')) {
      sequence.push_back(parse_set());
    } else if (token.is_one_of("*+?{")) {
      parse_repeat(static_cast<char>(token.value), sequence);
    } else if (token.is('.')) {
      sequence.push_back({RegexAny{}, {1, 1}});
    } else if (token.is('(')) {
      auto node = parse_parenthesis(verbose, depth, first && sequence.empty());
      if (node) sequence.push_back(std::move(*node));
    } else if (token.is_one_of("^$")) {
      sequence.push_back({RegexPosition{static_cast<char>(token.value)}, {}});
    } else {
      sequence.push_back({RegexLiteral{token.value, false}, {1, 1}});
    }
  }
  // Groups that neither capture nor change flags were needed for repetitions only.
  RegexSequence flat;
  flat.reserve(sequence.size());
  for (RegexNode& node : sequence) {
    if (is_plain_group(node)) {
      RegexSequence body = std::move(std::get<RegexGroup>(node.value).body);
      std::move(body.begin(), body.end(), std::back_inserter(flat));
    } else {
      flat.push_back(std::move(node));
    }
  }
  return flat;
}

/// Escapes for one code point that mean the same inside and outside of sets. `escape` is the text read so
/// far.
char32_t Parser::parse_code(const RegexToken& token, std::u32string& escape) {
  static const std::map<char32_t, char32_t> kControls = {{'a', 7},    {'f', '\f'}, {'n', '\n'}, {'r', '\r'},
                                                         {'t', '\t'}, {'v', '\v'}, {'\\', '\\'}};
  const auto control = kControls.find(token.value);
  if (control != kControls.end()) return control->second;
  if (token.value == 'N') return take_named_code();
  const std::size_t digits = token.value == 'x' ? 2 : token.value == 'u' ? 4 : token.value == 'U' ? 8 : 0;
  if (digits > 0) {
    take_while(escape, digits, is_hex);
    if (escape.size() != digits + 2) fail("incomplete escape " + to_utf8(escape), escape.size());
    const auto value = std::stoull(to_utf8(escape.substr(2)), nullptr, 16);
    if (value <= 0x10FFFF) return static_cast<char32_t>(value);
  } else if (!is_ascii_letter(token.value) && !is_digit(token.value)) {
    return token.value;
  }
  fail("bad escape " + to_utf8(escape), escape.size());
}

RegexNode Parser::parse_escape(const RegexToken& token) {
  if (is_one_of(token.value, "AZbB")) return {RegexPosition{static_cast<char>(token.value)}, {}};
  if (is_one_of(token.value, "dDsSwW")) {
    return {RegexSet{false, {{static_cast<char>(token.value), 0, 0}}}, {1, 1}};
  }
  std::u32string escape = token.text();
  const auto literal = [](char32_t value) { return RegexNode{RegexLiteral{value, false}, {1, 1}}; };
  if (!is_digit(token.value)) return literal(parse_code(token, escape));
  const auto octal_value = [&] { return std::stoi(to_utf8(escape.substr(1)), nullptr, 8); };
  if (token.value == '0') {
    take_while(escape, 2, is_octal);
    return literal(static_cast<char32_t>(octal_value()));
  }
  take_while(escape, 1, is_digit);
  if (escape.size() == 3 && is_octal(escape[1]) && is_octal(escape[2]) && next().length == 1 &&
      is_octal(next().value)) {
    take_while(escape, 1, is_octal);
    const int value = octal_value();
    if (value > 0377)
      fail(fmt::format("octal escape value {} outside of 0-0o377", to_utf8(escape)), escape.size());
    return literal(static_cast<char32_t>(value));
  }
  const int group = std::stoi(to_utf8(escape.substr(1)));
  if (group >= groups()) fail(fmt::format("invalid group reference {}", group), escape.size() - 1);
  if (!is_closed(group)) fail("cannot refer to an open group", escape.size());
  check_look_behind_group(group);
  return backreference(group, *group_widths_[static_cast<std::size_t>(group)]);
}

/// Reads what `token` begins. A category goes to `items` and gives no value.
std::optional<char32_t> Parser::parse_set_member(const RegexToken& token, std::vector<RegexSetItem>& items) {
  if (!token.escaped()) return token.value;
  if (token.value == 'b') return U'\b';
  if (is_one_of(token.value, "dDsSwW")) {
    items.push_back({static_cast<char>(token.value), 0, 0});
    return std::nullopt;
  }
  std::u32string escape = token.text();
  if (!is_octal(token.value)) return parse_code(token, escape);
  take_while(escape, 2, is_octal);
  const int value = std::stoi(to_utf8(escape.substr(1)), nullptr, 8);
  if (value > 0377)
    fail(fmt::format("octal escape value {} outside of 0-0o377", to_utf8(escape)), escape.size());
  return static_cast<char32_t>(value);
}

RegexNode Parser::parse_set() {
  const std::size_t start = tell() - 1;
  RegexSet set{accept('^'), {}};
  const auto take_member = [&] {
    const RegexToken token = take();
    if (token.at_end()) fail("unterminated character set", tell() - start);
    return token;
  };
  for (bool first = true;; first = false) {
    const RegexToken low_token = take_member();
    if (low_token.is(']') && !first) break;
    const std::optional<char32_t> low = parse_set_member(low_token, set.items);
    if (!accept('-')) {
      if (low) set.items.push_back({0, *low, *low});
      continue;
    }
    const RegexToken high_token = take_member();
    if (high_token.is(']')) {
      if (low) set.items.push_back({0, *low, *low});
      set.items.push_back({0, U'-', U'-'});
      break;
    }
    const std::optional<char32_t> high = parse_set_member(high_token, set.items);
    if (!low || !high || *high < *low) {
      fail(fmt::format("bad character range {}-{}", to_utf8(low_token.text()), to_utf8(high_token.text())),
           low_token.length + 1 + high_token.length);
    }
    set.items.push_back({0, *low, *high});
  }
  const RegexSetItem& item = set.items.front();
  const bool one_literal = std::all_of(set.items.begin(), set.items.end(), [&](const RegexSetItem& other) {
    return other.category == 0 && other.first == item.first && other.last == item.first;
  });
  if (one_literal) return {RegexLiteral{item.first, set.negated}, {1, 1}};
  return {std::move(set), {1, 1}};
}

/// Reads the rest of `{min,max}`. False where it is no counted repetition and the brace means itself.
bool Parser::parse_count(std::uint32_t& min, std::uint32_t& max) {
  if (next().is('}')) return false;
  const std::size_t start = tell();
  const auto take_number = [&] {
    std::u32string digits;
    take_while(digits, kAnyNumber, is_digit);
    std::optional<std::uint64_t> value;
    for (const char32_t digit : digits) value = std::min(value.value_or(0) * 10 + (digit - '0'), kTooLarge);
    return value;
  };
  const std::optional<std::uint64_t> low = take_number();
  const std::optional<std::uint64_t> high = accept(',') ? take_number() : low;
  if (!accept('}')) {
    seek(start);
    return false;
  }
  if (low.value_or(0) > kMaxCount || high.value_or(0) > kMaxCount) {
    fail(fmt::format("repetition number above {}", kMaxCount), tell() - start);
  }
  if (high && low && *high < *low) fail("min repeat greater than max repeat", tell() - start);
  min = static_cast<std::uint32_t>(low.value_or(0));
  max = high ? static_cast<std::uint32_t>(*high) : RegexRepeat::kUnlimited;
  return true;
}

void Parser::parse_repeat(char kind, RegexSequence& sequence) {
  const std::size_t start = tell();
  std::uint32_t min = kind == '+' ? 1 : 0;
  std::uint32_t max = kind == '?' ? 1 : RegexRepeat::kUnlimited;
  if (kind == '{' && !parse_count(min, max)) {
    sequence.push_back({RegexLiteral{U'{', false}, {1, 1}});
    return;
  }
  if (sequence.empty() || std::holds_alternative<RegexPosition>(sequence.back().value)) {
    fail("nothing to repeat", tell() - start + 1);
  }
  if (std::holds_alternative<RegexRepeat>(sequence.back().value)) fail("multiple repeat", tell() - start + 1);
  const RegexGreed greed = accept('?')   ? RegexGreed::kLazy
                           : accept('+') ? RegexGreed::kPossessive
                                         : RegexGreed::kGreedy;
  RegexNode item = std::move(sequence.back());
  sequence.pop_back();
  const RegexWidth one = item.width;
  RegexSequence body;
  if (is_plain_group(item)) {
    body = std::move(std::get<RegexGroup>(item.value).body);
  } else {
    body.push_back(std::move(item));
  }
  RegexWidth width{saturating_product(one.min, min), saturating_product(one.max, max)};
  if (max == RegexRepeat::kUnlimited && one.max > 0) width.max = RegexWidth::kUnbounded;
  sequence.push_back({RegexRepeat{min, max, greed, std::move(body)}, width});
}

/// What an opening parenthesis begins; nothing for comments and flags of the whole pattern.
std::optional<RegexNode> Parser::parse_parenthesis(bool& verbose, int depth, bool may_set_flags) {
  const std::size_t start = tell() - 1;
  const auto open_group = [&] {
    group_widths_.emplace_back();
    return groups() - 1;
  };
  if (!accept('?')) return parse_group(open_group(), {}, false, start, verbose, depth);
  const RegexToken kind = take();
  if (kind.at_end()) fail("unexpected end of pattern");
  if (kind.is('P')) {
    if (accept('=')) return named_reference();
    if (!accept('<')) {
      const RegexToken other = take();
      if (other.at_end()) fail("unexpected end of pattern");
      fail("unknown extension ?P" + to_utf8(other.text()), other.length + 2);
    }
    const std::u32string name = take_until('>', "group name");
    const std::string shown = py_repr(to_utf8(name));
    if (!is_identifier(name)) fail("bad character in group name " + shown, name.size() + 1);
    const int group = open_group();
    const auto [earlier, is_new] = group_names_.emplace(name, group);
    if (!is_new) {
      fail(fmt::format("redefinition of group name {} as group {}; was group {}", shown, group,
                       earlier->second),
           name.size() + 1);
    }
    return parse_group(group, {}, false, start, verbose, depth);
  }
  if (kind.is(':')) return parse_group(0, {}, false, start, verbose, depth);
  if (kind.is('>')) return parse_group(0, {}, true, start, verbose, depth);
  if (kind.is_one_of("=!<")) return parse_look(static_cast<char>(kind.value), start, verbose, depth);
  if (kind.is('(')) return parse_conditional(start, verbose, depth);
  if (kind.is('#')) {
    while (!accept(')')) {
      if (next().at_end()) fail("missing ), unterminated comment", tell() - start);
      take();
    }
    return std::nullopt;
  }
  if (kind.is('-') || kind.is('L') || flag_of(kind) != 0) {
    const InlineFlags inline_flags = parse_flags(kind);
    if (!inline_flags.global) return parse_group(0, inline_flags, false, start, verbose, depth);
    if (!may_set_flags) fail("global flags not at the start of the expression", tell() - start);
    flags_ |= inline_flags.added;
    verbose = (flags_ & kRegexVerbose) != 0;
    return std::nullopt;
  }
  fail("unknown extension ?" + to_utf8(kind.text()), kind.length + 1);
}

RegexNode Parser::parse_group(int capture, InlineFlags inline_flags, bool atomic, std::size_t start,
                              bool verbose, int depth) {
  const bool inner_verbose =
      (verbose || (inline_flags.added & kRegexVerbose) != 0) && (inline_flags.removed & kRegexVerbose) == 0;
  RegexSequence body = parse_alternatives(inner_verbose, depth + 1);
  close_parenthesis(start);
  const RegexWidth width = width_of(body);
  if (capture > 0) group_widths_[static_cast<std::size_t>(capture)] = width;
  if (atomic) return {RegexAtomic{std::move(body)}, width};
  return {RegexGroup{capture, inline_flags.added, inline_flags.removed, std::move(body)}, width};
}

RegexNode Parser::parse_look(char kind, std::size_t start, bool verbose, int depth) {
  const bool behind = kind == '<';
  const bool outermost = behind && look_behind_groups_ < 0;
  if (behind) {
    const RegexToken token = take();
    if (token.at_end()) fail("unexpected end of pattern");
    if (!token.is_one_of("=!")) fail("unknown extension ?<" + to_utf8(token.text()), token.length + 2);
    kind = static_cast<char>(token.value);
    if (outermost) look_behind_groups_ = groups();
  }
  RegexSequence body = parse_alternatives(verbose, depth + 1);
  if (outermost) look_behind_groups_ = -1;
  close_parenthesis(start);
  const RegexWidth width = width_of(body);
  if (behind && width.min != width.max) fail("look-behind requires fixed-width pattern", tell() - start);
  return {RegexLook{behind, kind == '!', std::move(body)}, {}};
}

RegexNode Parser::named_reference() {
  const std::u32string name = take_until(')', "group name");
  const std::string shown = py_repr(to_utf8(name));
  if (!is_identifier(name)) fail("bad character in group name " + shown, name.size() + 1);
  const auto found = group_names_.find(name);
  if (found == group_names_.end()) fail("unknown group name " + shown, name.size() + 1);
  if (!is_closed(found->second)) fail("cannot refer to an open group", name.size() + 1);
  check_look_behind_group(found->second);
  return backreference(found->second, *group_widths_[static_cast<std::size_t>(found->second)]);
}

/// The group that a condition asks for, by name or by number; the number may be of a later group.
int Parser::condition_group() {
  const std::u32string name = take_until(')', "group name");
  const std::string shown = py_repr(to_utf8(name));
  if (is_identifier(name)) {
    const auto found = group_names_.find(name);
    if (found == group_names_.end()) fail("unknown group name " + shown, name.size() + 1);
    return found->second;
  }
  std::uint64_t number = 0;
  for (const char32_t c : name) {
    if (!is_digit(c)) fail("bad character in group name " + shown, name.size() + 1);
    number = std::min(number * 10 + (c - '0'), kTooLarge);
  }
  if (number == 0) fail("bad group number", name.size() + 1);
  const std::size_t position = tell() - name.size() - 1;
  condition_positions_.emplace(static_cast<int>(number), position);
  return static_cast<int>(number);
}

RegexNode Parser::parse_conditional(std::size_t start, bool verbose, int depth) {
  const int group = condition_group();
  check_look_behind_group(group);
  if (depth >= kMaxNesting) fail(fmt::format("more than {} nested groups", kMaxNesting));
  RegexSequence yes = parse_sequence(verbose, depth + 1, false);
  RegexSequence no;
  if (accept('|')) {
    no = parse_sequence(verbose, depth + 1, false);
    if (next().is('|')) fail("conditional backref with more than two branches");
  }
  close_parenthesis(start);
  const RegexWidth width = either(width_of(yes), width_of(no));
  return {RegexConditional{group, std::move(yes), std::move(no)}, width};
}

int Parser::flag_of(const RegexToken& token) const {
  static const std::map<char32_t, int> kFlags = {{'i', kRegexIgnoreCase}, {'m', kRegexMultiline},
                                                 {'s', kRegexDotAll},     {'x', kRegexVerbose},
                                                 {'a', kRegexAscii},      {'u', kRegexUnicode}};
  const auto found = token.length == 1 ? kFlags.find(token.value) : kFlags.end();
  return found == kFlags.end() ? 0 : found->second;
}

/// The flags of `(?flags)`, `(?flags:` or `(?flags-flags:`, of which `token` is the first and already taken.
Parser::InlineFlags Parser::parse_flags(RegexToken token) {
  InlineFlags flags;
  const auto take_flag = [&](const char* missing) {
    token = take();
    if (token.at_end()) fail(missing);
  };
  const auto read_flag = [&](const char* missing) {
    if (token.is('L')) fail("bad inline flags: cannot use 'L' flag with a str pattern");
    const int flag = flag_of(token);
    if (flag == 0) fail(is_ascii_letter(token.value) ? "unknown flag" : missing, token.length);
    return flag;
  };
  if (!token.is('-')) {
    while (true) {
      const int flag = read_flag("missing -, : or )");
      flags.added |= flag;
      if ((flag & kTypeFlags) != 0 && (flags.added & kTypeFlags) != flag) {
        fail("bad inline flags: flags 'a', 'u' and 'L' are incompatible");
      }
      take_flag("missing -, : or )");
      if (token.is_one_of(")-:")) break;
    }
  }
  if (token.is(')')) {
    flags.global = true;
    return flags;
  }
  if (token.is('-')) {
    take_flag("missing flag");
    while (true) {
      if (token.is('L') || (flag_of(token) & kTypeFlags) != 0) {
        fail("bad inline flags: cannot turn off flags 'a', 'u' and 'L'");
      }
      flags.removed |= read_flag(flags.removed == 0 ? "missing flag" : "missing :");
      take_flag("missing :");
      if (token.is(':')) break;
    }
  }
  if ((flags.added & flags.removed) != 0) fail("bad inline flags: flag turned on and off", 1);
  return flags;
}

}  // namespace

void throw_invalid_regex(std::string_view pattern, const std::string& reason) {
  throw InputError(fmt::format("Invalid regex: {}: {}", py_repr(pattern), reason));
}

RegexTree parse_python_regex(std::string_view pattern, int flags) {
  const std::size_t invalid = find_invalid_utf8(pattern);
  if (invalid != std::string_view::npos) {
    throw InputError(fmt::format("Invalid regex: the pattern is not valid UTF-8 at byte {}", invalid));
  }
  if ((flags & ~kKnownFlags) != 0) {
    throw_invalid_regex(pattern,
                        fmt::format("unknown flags {:#x}", static_cast<unsigned>(flags & ~kKnownFlags)));
  }
  return Parser(pattern, flags).parse();
}

}  // namespace gliner

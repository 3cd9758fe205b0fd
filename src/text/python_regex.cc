#include "text/python_regex.h"

#include <fmt/format.h>
#include <pcre2.h>

#include <new>

#include "gliner/error.h"
#include "text/python_regex_parser.h"
#include "text/python_regex_writer.h"
#include "text/python_string.h"

namespace gliner {
namespace {

// Bounds of one match. Steps: about a second. Patterns that reach them backtrack catastrophically.
constexpr std::uint32_t kMaxSteps = 10'000'000;
constexpr std::uint32_t kMaxHeapKib = 256 * 1024;
constexpr std::uint32_t kMaxPcre2Nesting =
    2000;  // the writer makes up to a few groups of each of the parser's 250

struct Free {
  void operator()(pcre2_code* p) const { pcre2_code_free(p); }
  void operator()(pcre2_compile_context* p) const { pcre2_compile_context_free(p); }
  void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
  void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
};

template <typename T>
std::unique_ptr<T, Free> owned(T* pointer) {
  if (pointer == nullptr) throw std::bad_alloc();
  return std::unique_ptr<T, Free>(pointer);
}

std::string pcre2_message(int code) {
  PCRE2_UCHAR buffer[256];
  if (pcre2_get_error_message(code, buffer, sizeof buffer) < 0) return fmt::format("PCRE2 error {}", code);
  return reinterpret_cast<const char*>(buffer);
}

/// The pattern compiled for one way of matching. `options`: of pcre2_compile.
std::unique_ptr<pcre2_code, Free> compile(std::string_view pattern, const std::string& translated,
                                          std::uint32_t options) {
  const auto context = owned(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  pcre2_set_parens_nest_limit(context.get(), kMaxPcre2Nesting);
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                                   PCRE2_UTF | options, &error, &offset, context.get());
  if (code == nullptr) {
    // Python takes it, so it is a limit of the engine: mostly its size.
    throw_invalid_regex(pattern, "beyond the limits of the matching engine: " + pcre2_message(error));
  }
  // Where no executable memory can be had, matching is slower but the same.
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  return owned(code);
}

}  // namespace

struct PythonRegex::Impl {
  Impl(std::string_view pattern_text, int flags)
      : Impl(pattern_text, write_pcre2(parse_python_regex(pattern_text, flags))) {}

  Impl(std::string_view pattern_text, const std::string& translated)
      : pattern(pattern_text),
        full(compile(pattern, translated, PCRE2_ANCHORED | PCRE2_ENDANCHORED)),
        part(compile(pattern, translated, 0)),
        context(owned(pcre2_match_context_create(nullptr))) {
    pcre2_set_match_limit(context.get(), kMaxSteps);
    pcre2_set_heap_limit(context.get(), kMaxHeapKib);
  }

  bool matches(const pcre2_code* code, std::string_view text) const {
    const auto data = owned(pcre2_match_data_create(1, nullptr));
    const auto match = [&](std::uint32_t options) {
      return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, options, data.get(),
                         context.get());
    };
    int result = match(0);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = match(PCRE2_NO_JIT);  // keeps its state on the heap
    if (result >= 0) return true;
    if (result == PCRE2_ERROR_NOMATCH) return false;
    throw InputError(fmt::format("Regex {} cannot be matched with a text of {} bytes: {}", py_repr(pattern),
                                 text.size(), pcre2_message(result)));
  }

  std::string pattern;
  std::unique_ptr<pcre2_code, Free> full;
  std::unique_ptr<pcre2_code, Free> part;
  std::unique_ptr<pcre2_match_context, Free> context;
};

PythonRegex::PythonRegex(std::string_view pattern, int flags)
    : impl_(std::make_unique<Impl>(pattern, flags)) {}
PythonRegex::~PythonRegex() = default;
PythonRegex::PythonRegex(PythonRegex&&) noexcept = default;
PythonRegex& PythonRegex::operator=(PythonRegex&&) noexcept = default;

bool PythonRegex::full_match(std::string_view text) const { return impl_->matches(impl_->full.get(), text); }
bool PythonRegex::search(std::string_view text) const { return impl_->matches(impl_->part.get(), text); }

}  // namespace gliner

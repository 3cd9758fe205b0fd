#pragma once

#include <string>
#include <string_view>

// Oniguruma's named sets of code points as the inside of a PCRE2 bracket.

namespace gliner {

inline constexpr std::string_view kOnigDigit = "\\p{Nd}";
inline constexpr std::string_view kOnigHexDigit = "0-9a-fA-F";
/// White_Space.
inline constexpr std::string_view kOnigSpace =
    "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{"
    "3000}";
/// Alphabetic, M, Nd and Pc. The alphabetic symbols (circled and squared letters) are listed, because PCRE2
/// knows the property only since 10.40; all other members of Other_Alphabetic are marks.
inline constexpr std::string_view kOnigWord =
    "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{24b6}-\\x{24e9}\\x{1f130}-\\x{1f149}\\x{1f150}-\\x{1f169}"
    "\\x{1f170}-\\x{1f189}";
/// What \w outside of brackets has more: Oniguruma's table for Latin-1.
inline constexpr std::string_view kOnigWordLatin1 = "\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}";

/// [:name:]; empty if there is no such class.
std::string onig_posix_class(std::string_view name);

/// \p{name}: a general category, a POSIX name or a script, compared without case, blanks, '-' and '_'. Empty
/// if unknown; a script that PCRE2 does not know is an error of the compilation.
std::string onig_property(std::string_view name);

}  // namespace gliner

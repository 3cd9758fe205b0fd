#pragma once

#include <string>

/// Ordinary English of about `words` words.
inline std::string sample_text(int words) {
  const char* const sentences[] = {
      "Apple CEO Tim Cook announced the new iPhone 15 in Cupertino on September 12. ",
      "Angela Merkel met Emmanuel Macron in Paris last Tuesday to discuss the European Union budget. ",
      "Please send the invoice to maria.silva@example.com before the 3rd of May. "};
  std::string text;
  for (int count = 0, i = 0; count < words; count += 13, ++i) text += sentences[i % 3];
  return text;
}

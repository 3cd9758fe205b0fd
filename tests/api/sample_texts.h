#pragma once

#include <gliner/gliner.h>

#include <string>
#include <vector>

/// Texts of many lengths and scripts, and a schema with a task of each kind.
inline std::vector<std::string> sample_texts() {
  return {
      "Tim Cook leads Apple in Cupertino.",
      "Angela Merkel met Emmanuel Macron in Paris last Tuesday to discuss the European Union budget.",
      "",
      "ok",
      "Caf\xC3\xA9 Zo\xC3\xAB in S\xC3\xA3o-Paulo serves na\xC3\xAFve cr\xC3\xA8me br\xC3\xBBl\xC3\xA9"
      "e \xF0\x9F\x98\x80!",
      "Write to ann.lee@example.org or see https://example.org/a?b=c before 12 March 2021; ask for @support",
      "\xE6\x9D\xB1\xE4\xBA\xAC\xE9\x83\xBD\xE3\x81\xAF\xE6\x97\xA5\xE6\x9C\xAC\xE3\x81\xAE\xE9\xA6\x96\xE9"
      "\x83\xBD\xE3\x81\xA7\xE3\x81\x99\xE3\x80\x82",
      "Siemens hired Maria Garcia as head of research in Munich. She was born in Seville and worked for "
      "Nokia in "
      "Helsinki until 2019, when Nokia sold that business to Broadcom for 300 million dollars.",
      "   spaces \t and \n lines   ",
      "Order 3 red shirts, size large, and 2 blue caps, size small, for John Smith, 5 Elm Street, "
      "Springfield.",
  };
}

inline gliner::Schema sample_schema() {
  gliner::Schema schema;
  schema.entities({"person", "company", "city", "date"})
      .relations(std::vector<std::string>{"works_for", "born_in"})
      .classification("topic", std::vector<std::string>{"business", "politics", "food"})
      .structure("order", std::vector<std::string>{"item", "size::[small|large]::str", "amount::str"});
  return schema;
}

/// Everything shown, so that two results can be compared as text.
inline gliner::ExtractOptions everything() {
  gliner::ExtractOptions options;
  options.include_confidence = true;
  options.include_spans = true;
  options.threshold = 0.3;
  return options;
}

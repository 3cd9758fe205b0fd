#include <gliner/gliner.h>

#include <iostream>

int main() {
  const auto model = gliner::Extractor::load("weights/demo");

  gliner::Schema schema;
  schema.entities({"person", "company"})
      .relations({"works_for"})
      .classification("sentiment", {"positive", "negative"})
      .structure("product", {"name::str", "price::str"});

  const std::vector<std::string> texts = {
      "Tim Cook leads Apple in Cupertino.",
      "The new Dell XPS 13 laptop costs $1,299 and I love it.",
  };
  for (const gliner::Result& result : model.batch_extract(texts, schema)) {
    for (const gliner::EntityList& type : result.entities) {
      for (const gliner::Entity& entity : type.entities) {
        std::cout << type.label << ": " << entity.text << " at " << entity.begin << ", score "
                  << entity.confidence << "\n";
      }
    }
    std::cout << gliner::to_json(result, /*indent=*/2) << "\n";
  }
}

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gliner/export.h"
#include "gliner/options.h"

namespace gliner {

/// A value found for a label. Owns its text.
struct Mention {
  std::string text;       ///< UTF-8.
  double confidence = 0;  ///< In [0, 1].
  /// Half-open range in the text, in ExtractOptions::offset_unit. The engine puts a full stop behind a text
  /// that does not end in `.`, `!` or `?` and a span may take it in: then `end` is the text's length + 1.
  /// A chosen value (Field::choices) has no place in the text: both are -1.
  std::int64_t begin = -1;
  std::int64_t end = -1;
};

/// A label with its score.
struct ScoredLabel {
  std::string label;
  double confidence = 0;
};

/// What one attribute group says of an entity.
struct Attribute {
  std::string group;
  bool multi_label = false;
  std::vector<ScoredLabel> labels;  ///< Exactly one unless multi_label.
};

struct Entity : Mention {
  std::vector<Attribute> attributes;
};

/// All entities of one type, best first (long documents: by position).
struct EntityList {
  std::string label;
  bool single = false;  ///< Declared with Dtype::kStr: at most one entity.
  std::vector<Entity> entities;
};

struct Relation {
  Mention head;
  Mention tail;
};

struct RelationList {
  std::string name;
  std::vector<Relation> relations;
};

struct FieldValue {
  std::string field;
  bool single = false;  ///< Declared with Dtype::kStr: at most one value.
  bool choice = false;  ///< Values are declared choices, not spans.
  std::vector<Mention> values;
};

/// One record of a structure; fields in declared order.
struct Record {
  std::vector<FieldValue> fields;
};

struct RecordList {
  std::string structure;
  std::vector<Record> records;
};

struct Classification {
  std::string task;
  bool multi_label = false;
  std::vector<ScoredLabel> labels;  ///< Exactly one unless multi_label.
};

/// An entity with its label, in the shape of GLiNER v1.
struct Span : Mention {
  std::string label;
  std::vector<ScoredLabel> class_scores;  ///< The five best labels (ExtractOptions::class_scores).
  std::vector<float> vector;              ///< Of the span (ExtractOptions::vectors).
  std::vector<float> label_vector;        ///< What it was compared with (ExtractOptions::label_vectors).
  /// What a label decoder calls it; absent: it was not asked, or not for this span.
  std::optional<std::vector<std::string>> generated_labels;
};

/// A relation between two spans of the same result.
struct SpanRelation {
  std::size_t head = 0;  ///< Index into Result::spans.
  std::size_t tail = 0;
  std::string relation;
  double confidence = 0;
  std::vector<float> vector;                    ///< Of the pair; models that score triples have the next two.
  std::vector<float> head_vector, tail_vector;  ///< (ExtractOptions::vectors)
  std::vector<float> label_vector;              ///< (ExtractOptions::label_vectors)
};

struct ResultDetail;

/// Everything found in one text. Owns all its memory and outlives the Extractor.
struct GLINER_EXPORT Result {
  std::vector<EntityList> entities;
  std::vector<RelationList> relations;
  std::vector<RecordList> records;
  std::vector<Classification> classifications;

  /// GLiNER v1 models: all entities by position, and the relations between them. The same stand in `entities`
  /// and `relations` by label. Other models leave both empty; to_spans_json works for every model.
  std::vector<Span> spans;
  std::vector<SpanRelation> span_relations;

  std::int64_t words = 0;   ///< Words of the text (GLiNER2: after the added full stop).
  std::int64_t tokens = 0;  ///< Sub-word tokens that the model read, prompts of all windows included.
  std::int64_t truncated_words = 0;   ///< Words that max_len cut off; 0: nothing was lost.
  std::int64_t truncated_tokens = 0;  ///< Sub-word tokens beyond the model's limit; 0: nothing was lost.

  /// Set when this text could not be processed in a batch; everything else is then empty.
  std::optional<std::string> error;

  /// What to_json needs beyond the lists above: order of the tasks and merged windows. Internal.
  std::shared_ptr<const ResultDetail> detail;
};

/// The result in exactly the reference's JSON shapes, governed by the options that it was extracted with.
/// `indent` < 0 writes one line. Throws InputError for a result with an `error`.
GLINER_EXPORT std::string to_json(const Result& result, int indent = -1);

/// The entities as GLiNER v1 shows them: [{"start", "end", "text", "label", "score"}, ...] by position, with
/// "class_probs", "vector", "label_vector" and "generated_labels" where they were asked for. Of a schema with
/// relations {"entities": [...], "relations": [{"head", "tail", "relation", "score"}, ...]}, head and tail
/// with "start", "end", "text", "type" and "entity_idx". Of any model. Throws InputError for a result with
/// an `error`.
GLINER_EXPORT std::string to_spans_json(const Result& result, int indent = -1);

}  // namespace gliner

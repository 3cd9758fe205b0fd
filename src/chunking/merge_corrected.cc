#include "chunking/merge_corrected.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/check.h"
#include "decoding/overlap.h"
#include "result/result_detail.h"
#include "text/python_string.h"

namespace gliner {
namespace {

/// Moves a mention from its window into the document. A span that took in the full stop that was put behind
/// the window ends with the window.
void move_mention(Mention& mention, const std::string& document, const Window& window) {
  if (mention.begin < 0) return;
  const std::int64_t size = window.end_byte - window.begin_byte;
  const bool cut = mention.end > size;
  mention.begin = window.begin_byte + std::min(mention.begin, size);
  mention.end = window.begin_byte + std::min(mention.end, size);
  if (cut) {
    mention.text = document.substr(static_cast<std::size_t>(mention.begin),
                                   static_cast<std::size_t>(mention.end - mention.begin));
  }
}

void move_result(Result& result, const std::string& document, const Window& window) {
  for (EntityList& list : result.entities) {
    for (Entity& entity : list.entities) move_mention(entity, document, window);
    // An entity that was nothing but the added full stop is gone.
    list.entities.erase(std::remove_if(list.entities.begin(), list.entities.end(),
                                       [](const Entity& entity) { return entity.begin == entity.end; }),
                        list.entities.end());
  }
  for (RelationList& list : result.relations) {
    for (Relation& relation : list.relations) {
      move_mention(relation.head, document, window);
      move_mention(relation.tail, document, window);
    }
  }
  for (RecordList& list : result.records) {
    for (Record& record : list.records) {
      for (FieldValue& field : record.fields) {
        for (Mention& value : field.values) move_mention(value, document, window);
      }
    }
  }
}

EntityList merge_entities(EntityList list, OverlapPolicy policy) {
  std::vector<ScoredRange> ranges;
  for (std::size_t i = 0; i < list.entities.size(); ++i) {
    ranges.push_back({list.entities[i].confidence, list.entities[i].begin, list.entities[i].end, i});
  }
  ranges = policy == OverlapPolicy::kDefault ? select_greedily(std::move(ranges))
                                             : resolve_overlaps(std::move(ranges), policy);
  if (list.single && ranges.size() > 1) ranges.resize(1);
  std::vector<Entity> kept;
  for (const ScoredRange& range : ranges) kept.push_back(std::move(list.entities[range.index]));
  list.entities = std::move(kept);
  return list;
}

std::string key_of(const Relation& relation) {
  return py_lower(relation.head.text) + '\n' + py_lower(relation.tail.text);
}
std::string key_of(const Record& record) {
  std::string key;
  for (const FieldValue& field : record.fields) {
    key += field.field + '\n';
    for (const Mention& value : field.values) key += py_lower(value.text) + '\t';
    key += '\n';
  }
  return key;
}

double confidence_of(const Relation& relation) {
  return std::max(relation.head.confidence, relation.tail.confidence);
}
double confidence_of(const Record& record) {
  double best = 0;
  for (const FieldValue& field : record.fields) {
    for (const Mention& value : field.values) best = std::max(best, value.confidence);
  }
  return best;
}

/// One item per key, the more confident one in the place of the first.
template <typename Item>
void append_distinct(std::vector<Item>& merged, std::map<std::string, std::size_t>& seen,
                     std::vector<Item> items) {
  for (Item& item : items) {
    const auto [found, inserted] = seen.emplace(key_of(item), merged.size());
    if (inserted) {
      merged.push_back(std::move(item));
    } else if (confidence_of(item) > confidence_of(merged[found->second])) {
      merged[found->second] = std::move(item);
    }
  }
}

bool by_confidence(const ScoredLabel& a, const ScoredLabel& b) { return a.confidence > b.confidence; }

Classification merge_classification(const std::vector<Result>& results, std::size_t index,
                                    const SchemaSpec& spec) {
  Classification merged = results.front().classifications[index];
  std::vector<ScoredLabel> labels;
  for (const Result& result : results) {
    for (const ScoredLabel& label : result.classifications[index].labels) {
      const auto same = std::find_if(labels.begin(), labels.end(), [&label](const ScoredLabel& other) {
        return other.label == label.label;
      });
      if (same == labels.end()) {
        labels.push_back(label);
      } else {
        same->confidence = std::max(same->confidence, label.confidence);
      }
    }
  }
  const auto decl = std::find_if(spec.classifications.begin(), spec.classifications.end(),
                                 [&merged](const ClassificationDecl& d) { return d.task == merged.task; });
  GLINER_CHECK(decl != spec.classifications.end() && !labels.empty());
  const ScoredLabel best =
      *std::max_element(labels.begin(), labels.end(),
                        [](const ScoredLabel& a, const ScoredLabel& b) { return by_confidence(b, a); });
  if (!merged.multi_label) {
    merged.labels = {best};
    return merged;
  }
  merged.labels.clear();
  for (const std::string& name : decl->labels) {  // the short form lists labels as declared
    const auto found = std::find_if(labels.begin(), labels.end(),
                                    [&name](const ScoredLabel& label) { return label.label == name; });
    if (found != labels.end() && found->confidence >= decl->options.cls_threshold)
      merged.labels.push_back(*found);
  }
  if (merged.labels.empty()) merged.labels.push_back(best);
  if (decl->options.top_k) {
    std::stable_sort(merged.labels.begin(), merged.labels.end(), by_confidence);
    const auto limit = static_cast<std::size_t>(*decl->options.top_k);
    if (merged.labels.size() > limit) merged.labels.resize(limit);
  }
  return merged;
}

}  // namespace

Result merge_windows_corrected(const std::string& document, const std::vector<Window>& windows,
                               std::vector<Result> results, const SchemaSpec& spec,
                               const ExtractOptions& options) {
  GLINER_CHECK(!results.empty() && windows.size() == results.size());
  for (std::size_t i = 0; i < results.size(); ++i) move_result(results[i], document, windows[i]);

  Result merged;
  auto detail = std::make_shared<ResultDetail>(*results.front().detail);
  for (std::size_t task = 0; task < detail->tasks.size(); ++task) {
    TaskEntry& entry = detail->tasks[task];
    for (const Result& result : results) entry.empty = entry.empty && result.detail->tasks[task].empty;
    if (entry.kind == ResultKind::kEntities) {
      for (Result& result : results) {
        if (merged.entities.empty()) {
          merged.entities = std::move(result.entities);
          continue;
        }
        for (std::size_t i = 0; i < result.entities.size(); ++i) {
          auto& into = merged.entities[i].entities;
          auto& from = result.entities[i].entities;
          into.insert(into.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
        }
      }
      for (EntityList& list : merged.entities) list = merge_entities(std::move(list), options.overlap_policy);
    } else if (entry.kind == ResultKind::kRelation) {
      merged.relations.push_back({entry.name, {}});
      std::map<std::string, std::size_t> seen;
      for (Result& result : results) {
        append_distinct(merged.relations.back().relations, seen,
                        std::move(result.relations[entry.index].relations));
      }
    } else if (entry.kind == ResultKind::kRecords) {
      merged.records.push_back({entry.name, {}});
      std::map<std::string, std::size_t> seen;
      for (Result& result : results) {
        append_distinct(merged.records.back().records, seen, std::move(result.records[entry.index].records));
      }
    } else {
      merged.classifications.push_back(merge_classification(results, entry.index, spec));
    }
  }
  merged.detail = std::move(detail);
  return merged;
}

}  // namespace gliner

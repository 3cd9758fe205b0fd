#include "chunking/merge_reference.h"

#include <algorithm>
#include <map>

#include "base/ordered_map.h"
#include "decoding/overlap.h"
#include "text/python_string.h"
#include "text/utf8.h"

namespace gliner {
namespace {

bool is_classification_object(const Json& value) {
  return value.is_object() && value.contains("label") && value.contains("confidence");
}

/// `value not in (None, {}, [])`.
bool is_filled(const Json& value) { return !value.is_null() && !(value.is_structured() && value.empty()); }

/// Moves every span object to document offsets and slices its text again from the document.
class Remapper {
 public:
  explicit Remapper(const std::string& document) : document_(document), map_(document) {}

  Json remap(const Json& value, std::int64_t begin_char) const {
    if (value.is_array()) {
      Json out = Json::array();
      for (const Json& item : value) out.push_back(remap(item, begin_char));
      return out;
    }
    if (!value.is_object()) return value;
    Json out = Json::object();
    for (const auto& [key, item] : value.items()) out[key] = remap(item, begin_char);
    if (is_span_object(out)) {
      const std::int64_t begin = out.at("start").get<std::int64_t>() + begin_char;
      const std::int64_t end = out.at("end").get<std::int64_t>() + begin_char;
      out["start"] = begin;
      out["end"] = end;
      if (0 <= begin && begin <= end && end <= map_.length_chars()) {
        const auto first = static_cast<std::size_t>(map_.byte_of_char(begin));
        out["text"] = document_.substr(first, static_cast<std::size_t>(map_.byte_of_char(end)) - first);
      }
    }
    return out;
  }

 private:
  const std::string& document_;
  OffsetMap map_;
};

/// A key for equal predictions that ignores confidences: chunking.py, _canonical_key, which nests repr().
std::string canonical_key(const Json& value) {
  if (value.is_object()) {
    std::map<std::string, std::string> items;  // sorted() of (key, nested key) pairs
    for (const auto& [key, item] : value.items()) {
      if (key != "confidence") items[key] = canonical_key(item);
    }
    std::string out = "{";
    for (const auto& [key, nested] : items) out += py_repr(key) + ":" + py_repr(nested) + ",";
    return out + "}";
  }
  if (value.is_array()) {
    std::string out = "[";
    for (const Json& item : value) out += py_repr(canonical_key(item)) + ",";
    return out + "]";
  }
  return value.is_string() ? py_repr(value.get<std::string>()) : dump_json(value);
}

double representative_confidence(const Json& value) {
  if (value.is_object() && value.contains("confidence") && value.at("confidence").is_number()) {
    return value.at("confidence").get<double>();
  }
  double best = 0;
  bool first = true;
  if (value.is_structured()) {
    for (const Json& item : value) {
      const double nested = representative_confidence(item);
      best = first ? nested : std::max(best, nested);
      first = false;
    }
  }
  return best;
}

/// chunking.py, _dedupe_items: spans by the overlap policy and then by place, everything else by its
/// canonical key, the more confident one in the place of the first.
Json dedupe_items(const std::vector<Json>& items, OverlapPolicy policy) {
  std::vector<ScoredRange> ranges;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!is_span_object(items[i])) continue;
    const double score = items[i].contains("confidence") && items[i].at("confidence").is_number()
                             ? items[i].at("confidence").get<double>()
                             : 0.0;
    ranges.push_back(
        {score, items[i].at("start").get<std::int64_t>(), items[i].at("end").get<std::int64_t>(), i});
  }
  ranges = resolve_overlaps(std::move(ranges), policy);
  const auto text_of = [&items](const ScoredRange& range) {
    const Json& text = items[range.index].at("text");
    return text.is_string() ? text.get<std::string>() : std::string();
  };
  std::stable_sort(ranges.begin(), ranges.end(), [&text_of](const ScoredRange& a, const ScoredRange& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    if (a.end != b.end) return a.end < b.end;
    return text_of(a) < text_of(b);
  });
  Json out = Json::array();
  for (const ScoredRange& range : ranges) out.push_back(items[range.index]);

  std::map<std::string, std::size_t> seen;
  for (const Json& item : items) {
    if (is_span_object(item)) continue;
    const auto [found, inserted] = seen.emplace(canonical_key(item), out.size());
    if (inserted) {
      out.push_back(item);
    } else if (representative_confidence(item) > representative_confidence(out[found->second])) {
      out[found->second] = item;
    }
  }
  return out;
}

/// Values by label over all objects, labels in first-seen order; null counts as nothing, a list as its items.
OrderedMap<std::vector<Json>> gather(const std::vector<Json>& objects) {
  OrderedMap<std::vector<Json>> gathered;
  for (const Json& object : objects) {
    if (!object.is_object()) continue;
    for (const auto& [label, value] : object.items()) {
      std::vector<Json>& items = gathered[label];
      if (value.is_array()) {
        items.insert(items.end(), value.begin(), value.end());
      } else if (!value.is_null()) {
        items.push_back(value);
      }
    }
  }
  return gathered;
}

Json merge_entities(const std::vector<Json>& values, const std::set<std::string>& single,
                    OverlapPolicy policy) {
  Json merged = Json::object();
  for (const auto& [label, items] : gather(values)) {
    Json kept = dedupe_items(items, policy);
    if (single.count(label) != 0) {
      merged[label] = kept.empty() ? Json() : kept.front();  // the first by place, not the best
    } else {
      merged[label] = std::move(kept);
    }
  }
  return merged;
}

Json merge_relations(const std::vector<Json>& values) {
  Json merged = Json::object();
  for (const auto& [label, items] : gather(values))
    merged[label] = dedupe_items(items, OverlapPolicy::kAllow);
  return merged;
}

/// The most frequent string; the earlier one of a tie.
Json majority(const std::vector<Json>& strings) {
  const Json* best = nullptr;
  std::ptrdiff_t best_count = 0;
  for (const Json& candidate : strings) {
    const std::ptrdiff_t count = std::count(strings.begin(), strings.end(), candidate);
    if (count > best_count) {
      best = &candidate;
      best_count = count;
    }
  }
  return *best;
}

Json merge_values(const std::vector<Json>& values, OverlapPolicy policy);

Json merge_objects(const std::vector<Json>& objects, OverlapPolicy policy) {
  OrderedMap<std::vector<Json>> by_key;
  for (const Json& object : objects) {
    for (const auto& [key, value] : object.items()) by_key[key].push_back(value);
  }
  Json merged = Json::object();
  for (const auto& [key, values] : by_key) merged[key] = merge_values(values, policy);
  return merged;
}

Json merge_values(const std::vector<Json>& values, OverlapPolicy policy) {
  std::vector<Json> filled;
  std::copy_if(values.begin(), values.end(), std::back_inserter(filled), is_filled);
  if (filled.empty()) return values.empty() ? Json() : values.front();
  const auto all = [&filled](const auto& test) { return std::all_of(filled.begin(), filled.end(), test); };
  if (all(is_classification_object)) {
    const auto best = std::max_element(filled.begin(), filled.end(), [](const Json& a, const Json& b) {
      return representative_confidence(a) < representative_confidence(b);
    });
    return *best;
  }
  if (all([](const Json& value) { return value.is_string(); })) return majority(filled);
  if (all([](const Json& value) { return value.is_array(); })) {
    std::vector<Json> items;
    for (const Json& list : filled) items.insert(items.end(), list.begin(), list.end());
    return dedupe_items(items, policy);
  }
  if (all([](const Json& value) { return value.is_object(); })) return merge_objects(filled, policy);
  return filled.front();
}

}  // namespace

bool is_span_object(const Json& value) {
  return value.is_object() && value.contains("text") && value.contains("start") && value.contains("end") &&
         value.at("start").is_number_integer() && value.at("end").is_number_integer();
}

Json merge_windows(const std::string& document, const std::vector<WindowResult>& windows,
                   const std::set<std::string>& single_entities, OverlapPolicy policy) {
  if (policy == OverlapPolicy::kDefault) policy = OverlapPolicy::kDisallow;
  const Remapper remapper(document);
  OrderedMap<std::vector<Json>> by_key;
  for (const WindowResult& window : windows) {
    for (const auto& [key, value] : window.json.items()) {
      by_key[key].push_back(remapper.remap(value, window.begin_char));
    }
  }
  Json merged = Json::object();
  for (const auto& [key, values] : by_key) {
    if (key == "entities") {
      merged[key] = merge_entities(values, single_entities, policy);
    } else if (key == "relation_extraction") {
      merged[key] = merge_relations(values);
    } else {
      merged[key] = merge_values(values, policy);
    }
  }
  return merged;
}

Json strip_metadata(const Json& value, bool include_confidence, bool include_spans) {
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value) out.push_back(strip_metadata(item, include_confidence, include_spans));
    return out;
  }
  if (!value.is_object()) return value;
  if (is_span_object(value)) {
    Json out = {{"text", value.at("text")}};
    if (include_confidence && value.contains("confidence")) out["confidence"] = value.at("confidence");
    if (include_spans) {
      out["start"] = value.at("start");
      out["end"] = value.at("end");
    }
    bool extras = false;
    for (const auto& [key, item] : value.items()) {
      if (key == "text" || key == "confidence" || key == "start" || key == "end") continue;
      out[key] = item;
      extras = true;
    }
    return include_confidence || include_spans || extras ? out : value.at("text");
  }
  if (is_classification_object(value)) {
    if (!include_confidence) return value.at("label");
    return {{"label", value.at("label")}, {"confidence", value.at("confidence")}};
  }
  if (value.contains("text") && value.contains("confidence") && !value.contains("start") &&
      !value.contains("end")) {
    if (!include_confidence) return value.at("text");
    return {{"text", value.at("text")}, {"confidence", value.at("confidence")}};
  }
  Json out = Json::object();
  for (const auto& [key, item] : value.items())
    out[key] = strip_metadata(item, include_confidence, include_spans);
  return out;
}

}  // namespace gliner

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "output/formats.h"
#include "output/found_spans.h"

namespace gliner::cli {
namespace {

// The policy makes sure that the page never asks a network for anything, whatever stands in the texts.
constexpr const char* kHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>gliner</title>
<style>
body { font: 16px/1.7 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1b1b1f; background: #fafafa; }
article { background: #fff; border: 1px solid #ddd; border-radius: 8px; padding: .6rem 1rem; margin: 0 0 1rem; }
h2 { font-size: .8rem; font-weight: 600; color: #666; margin: 0 0 .3rem; }
p { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 0 .4rem; }
mark { background: hsl(var(--hue) 85% 86%); color: inherit; border-radius: 4px; padding: .1em .2em;
       box-shadow: inset 0 -2px hsl(var(--hue) 60% 55%); }
mark mark { padding: 0 .1em; }
mark small { font-size: .65rem; font-weight: 600; color: hsl(var(--hue) 60% 28%); margin-left: .3em; }
ul { margin: .2rem 0; padding-left: 1.2rem; font-size: .9rem; }
.error { color: #a40000; }
.note { color: #8a5a00; font-size: .85rem; }
@media (prefers-color-scheme: dark) {
  body { color: #e8e8ea; background: #17171a; }
  article { background: #202024; border-color: #3a3a40; }
  h2 { color: #a0a0a8; }
  mark { background: hsl(var(--hue) 45% 28%); }
  mark small { color: hsl(var(--hue) 70% 80%); }
  .error { color: #ff8a80; }
  .note { color: #ffcc66; }
}
</style>
</head>
<body>
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// The same label has the same colour on every page.
int hue_of(const std::string& label) {
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : label) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return static_cast<int>(hash % 360);
}

/// The text with a <mark> around each span. Spans that cross an open one are cut at its end.
std::string marked_text(const std::string& text, const std::vector<FoundSpan>& spans) {
  std::string out;
  std::vector<const FoundSpan*> open;  // from the outermost to the innermost
  std::size_t at = 0;
  const auto copy_until = [&](std::size_t end) {
    out += escaped(std::string_view(text).substr(at, end - at));
    at = end;
  };
  const auto close_innermost = [&] {
    out += fmt::format("<small>{}</small></mark>", escaped(open.back()->label));
    open.pop_back();
  };
  const auto end_of = [&](const FoundSpan& span) {
    std::int64_t end = span.end;
    for (const FoundSpan* outer : open) end = std::min(end, outer->end);
    return static_cast<std::size_t>(end);
  };
  for (const FoundSpan& span : spans) {
    while (!open.empty() && end_of(*open.back()) <= static_cast<std::size_t>(span.begin)) {
      copy_until(end_of(*open.back()));
      close_innermost();
    }
    copy_until(static_cast<std::size_t>(span.begin));
    out += fmt::format("<mark style=\"--hue:{}\" title=\"{} {:.2f}\">", hue_of(span.label),
                       escaped(span.label), span.score);
    open.push_back(&span);
  }
  while (!open.empty()) {
    copy_until(end_of(*open.back()));
    close_innermost();
  }
  copy_until(text.size());
  return out;
}

class Html : public RowFormat {
 public:
  std::string head() const override { return kHead; }
  std::string foot() const override { return "</body>\n</html>\n"; }
  std::optional<OffsetUnit> offset_unit() const override { return OffsetUnit::kByte; }

  std::string result_row(const Row& row) const override {
    const Result& result = row.result;
    const std::string& text = row.record.text;
    std::string body = fmt::format(
        "<p>{}</p>\n", marked_text(text, spans_of(result, static_cast<std::int64_t>(text.size()))));
    std::string items;
    for (const RelationList& list : result.relations) {
      for (const Relation& relation : list.relations) {
        items += fmt::format("<li>{} <b>{}</b> {}</li>\n", escaped(relation.head.text), escaped(list.name),
                             escaped(relation.tail.text));
      }
    }
    for (const Classification& task : result.classifications) {
      for (const ScoredLabel& label : task.labels) {
        items += fmt::format("<li>{}: <b>{}</b> ({:.2f})</li>\n", escaped(task.task), escaped(label.label),
                             label.confidence);
      }
    }
    for (const RecordList& list : result.records) items += record_items(list);
    if (!items.empty()) body += "<ul>\n" + items + "</ul>\n";
    if (result.truncated_words > 0 || result.truncated_tokens > 0) {
      body += fmt::format("<div class=\"note\">Not read to the end: {} words and {} tokens were cut.</div>\n",
                          result.truncated_words, result.truncated_tokens);
    }
    return article(row, body);
  }

  std::string error_row(const Row& row, const std::string& message) const override {
    return article(row, fmt::format("<div class=\"error\">{}</div>\n", escaped(message)));
  }

 private:
  static std::string article(const Row& row, const std::string& body) {
    const std::string id =
        row.record.id.is_string() ? row.record.id.get<std::string>() : dump_row(row.record.id);
    return fmt::format("<article>\n<h2>{}</h2>\n{}</article>\n", escaped(id), body);
  }

  static std::string record_items(const RecordList& list) {
    std::string items;
    for (const Record& record : list.records) {
      std::string fields;
      for (const FieldValue& field : record.fields) {
        std::string values;
        for (const Mention& value : field.values)
          values += (values.empty() ? "" : ", ") + escaped(value.text);
        if (!values.empty()) {
          fields += fmt::format("{}{}: <b>{}</b>", fields.empty() ? "" : "; ", escaped(field.field), values);
        }
      }
      items += fmt::format("<li>{} &mdash; {}</li>\n", escaped(list.structure), fields);
    }
    return items;
  }
};

}  // namespace

std::unique_ptr<RowFormat> make_html() { return std::make_unique<Html>(); }

}  // namespace gliner::cli

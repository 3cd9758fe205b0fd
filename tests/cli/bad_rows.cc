#include "bad_rows.h"

namespace gliner::cli {
namespace {

std::string text_of(const std::string& raw) { return "{\"id\":1,\"text\":\"" + raw + "\"}"; }

}  // namespace

std::vector<std::string> bad_rows() {
  std::vector<std::string> rows = {
      // cut short
      "{", "}", "[", "]", "\"", "\"text", "{\"", "{\"text", "{\"text\"", "{\"text\":", "{\"text\":\"",
      "{\"text\":\"a", "{\"text\":\"a\"", "{\"text\":\"a\",", "{\"text\":\"a\",}", "{\"text\":\"a\"}}",
      "{\"text\":\"a\"}]", "{\"text\":\"a\"} {\"text\":\"b\"}", "{\"text\":\"a\"},", "[{\"text\":\"a\"}",
      "{\"text\":\"a\\\"}",
      // nearly JSON
      "{'text':'a'}", "{text:\"a\"}", "{\"text\"=\"a\"}", "{\"text\":a}", "{\"text\" \"a\"}",
      "{\"text\":\"a\" \"id\":1}", "// {\"text\":\"a\"}", "/* */ {\"text\":\"a\"}", "# comment",
      "{\"text\":\"a\"} // why", "text,id", "plain words", "<text>a</text>", "text: a", "---",
      "{\"text\":undefined}", "{\"text\":None}", "{\"text\":True}", "{\"text\":NaN}", "{\"text\":Infinity}",
      "{\"text\":-}", "{\"text\":+1}", "{\"text\":01}", "{\"text\":1.}", "{\"text\":.5}", "{\"text\":0x1F}",
      "{\"text\":1e}", "{\"text\":1e999}", "{\"id\":1e999,\"text\":\"a\"}", "nul", "tru",
      "\xC2\xA0{\"text\":\"a\"}", "{\"text\":\"a\"}\xE2\x80\xA8",
      // the wrong kind of value
      "null", "true", "false", "0", "-1.5", "[]", "{}", "[\"a\"]", "[{\"text\":\"a\"}]", "{\"text\":null}",
      "{\"text\":true}", "{\"text\":5}", "{\"text\":[\"a\"]}", "{\"text\":{\"en\":\"a\"}}", "{\"id\":1}",
      "{\"Text\":\"a\"}", "{\"text \":\"a\"}", "{\"TEXT\":\"a\",\"body\":\"b\"}",
      "{\"id\":[1],\"text\":\"a\"}", "{\"id\":{},\"text\":\"a\"}", "{\"id\":true,\"text\":\"a\"}",
      // strings that are none
      text_of("\\x41"), text_of("\\u12"), text_of("\\uZZZZ"), text_of("\\ud800"), text_of("\\udc00"),
      text_of("\\ud800\\u0041"), text_of("a\tb"), text_of("a\x01z"), text_of("a\x1Fz"), text_of("a\\u0000b"),
      text_of(std::string("a\0b", 3)), text_of("\\"), text_of(""),
      // bytes that are no UTF-8
      text_of("\xFF"), text_of("\xC3"), text_of("\xC3("), text_of("caf\xE9"), text_of("\x80"),
      text_of("\xC0\x80"), text_of("\xE0\x80\x80"), text_of("\xED\xA0\x80"), text_of("\xF4\x90\x80\x80"),
      text_of("\xF8\x88\x80\x80\x80"), text_of("\xF0\x9F\x98"), "\xFF\xFE{", "\xFE\xFF", std::string("\0", 1),
      std::string(100, '\0'), std::string("{\0\"\0t\0", 6)};
  rows.push_back(std::string(5000, '['));
  rows.push_back(std::string(5000, '{'));
  rows.push_back("{\"text\":" + std::string(300, '[') + std::string(300, ']') + "}");
  rows.push_back("{\"text\":\"" + std::string(50 << 20, 'x') + "\"}");  // 50 MiB
  rows.push_back(std::string(50 << 20, 'y'));
  return rows;
}

}  // namespace gliner::cli

#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace gliner {

/// `text` as a JSON string for a message: control characters escaped, cut after 80 bytes.
std::string shown(std::string_view text);

/// Reads JSON as events into a known form. Unlike a parsed tree it takes memory in proportion to what is
/// kept, sees duplicate keys, and is linear in the size of hostile files. A reader overrides the events that
/// its form allows; every other event is refused.
class StrictSax : public nlohmann::json_sax<Json> {
 public:
  /// Reads all of `text`. Throws ModelError "<where>: ..." on broken JSON and on what is not expected.
  void read(std::string_view text);

  bool null() override { refuse("null"); }
  bool boolean(bool value) override { refuse(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { refuse(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { refuse(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& digits) override { refuse(digits); }
  bool string(string_t& value) override { refuse(shown(value)); }
  bool binary(binary_t&) override { refuse("binary data"); }
  bool start_object(std::size_t) override { refuse("an object"); }
  bool key(string_t& name) override { refuse("key " + shown(name)); }
  bool end_object() override { refuse("the end of an object"); }
  bool start_array(std::size_t) override { refuse("an array"); }
  bool end_array() override { refuse("the end of an array"); }
  bool parse_error(std::size_t position, const std::string& last_token,
                   const nlohmann::detail::exception& error) final;

 protected:
  explicit StrictSax(std::string where) : where_(std::move(where)) {}

  /// What the form asks for at this place, for the message.
  virtual std::string expected() const = 0;
  /// Throws ModelError: where, expected, found.
  [[noreturn]] void refuse(const std::string& found) const;
  /// Throws ModelError: where, what is wrong.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  std::string where_;
};

/// Follows one JSON value of any form that is to be passed over. Feed it every event of the value.
class SkippedValue {
 public:
  void open() { ++depth_; }
  void close() { --depth_; }
  /// True after the value's last event, when every object and array of it is closed.
  bool done() const { return depth_ == 0; }

 private:
  std::size_t depth_ = 0;
};

}  // namespace gliner

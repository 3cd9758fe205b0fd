#include "io/shard_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gliner/error.h"
#include "io/strict_sax.h"

namespace gliner {
namespace {

/// Why a shard's name cannot be used; empty when it can.
const char* objection(std::string_view name) {
  const auto ends_with = [name](std::string_view suffix) {
    return name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix;
  };
  const auto leads_elsewhere = [](char c) {
    return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  };
  if (std::any_of(name.begin(), name.end(), leads_elsewhere))
    return "must be a plain file name beside the index";
  if (!ends_with(".safetensors") && !ends_with(".bin"))
    return "expected a .safetensors or .bin file";  // this also excludes "", "." and ".."
  return nullptr;
}

/// {"weight_map": {TENSOR: SHARD, ...}, ...}; the other keys ("metadata") are passed over.
class IndexReader final : public StrictSax {
 public:
  IndexReader(const std::string& path, std::map<std::string, std::string>& shard_of)
      : StrictSax(path), shard_of_(shard_of) {}

  bool null() override { return scalar("null"); }
  bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return scalar(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& digits) override { return scalar(digits); }

  bool string(string_t& value) override {
    if (at_ != At::kShard) return scalar(shown(value));
    if (const char* why = objection(value)) {
      fail(fmt::format("shard {} of tensor {}: {}", shown(value), shown(tensor_), why));
    }
    if (!shard_of_.emplace(tensor_, value).second)
      fail(fmt::format("tensor {} is there twice", shown(tensor_)));
    at_ = At::kTensor;
    return true;
  }

  bool start_object(std::size_t) override {
    if (at_ == At::kStart) {
      at_ = At::kKey;
    } else if (at_ == At::kMapStart) {
      at_ = At::kTensor;
    } else if (at_ == At::kSkipped) {
      skipped_.open();
    } else {
      refuse("an object");
    }
    return true;
  }

  bool key(string_t& name) override {
    if (at_ == At::kKey) {
      at_ = name == "weight_map" ? At::kMapStart : At::kSkipped;
      if (at_ == At::kMapStart && std::exchange(map_seen_, true)) fail("weight_map is there twice");
    } else if (at_ == At::kTensor) {
      tensor_ = name;
      at_ = At::kShard;
    }
    return true;
  }

  bool end_object() override {
    if (at_ == At::kSkipped) {
      close_skipped();
    } else {
      at_ = At::kKey;  // the map's end, or the index's, after which the parser accepts nothing
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (at_ != At::kSkipped) refuse("an array");
    skipped_.open();
    return true;
  }
  bool end_array() override {
    close_skipped();
    return true;
  }

 private:
  enum class At { kStart, kKey, kMapStart, kTensor, kShard, kSkipped };

  std::string expected() const override {
    if (at_ == At::kShard) return "a file name as shard of tensor " + shown(tensor_);
    return at_ == At::kMapStart ? "an object as weight_map" : "an object with weight_map";
  }
  bool scalar(const std::string& found) {
    if (at_ != At::kSkipped) refuse(found);
    if (skipped_.done()) at_ = At::kKey;
    return true;
  }
  void close_skipped() {
    skipped_.close();
    if (skipped_.done()) at_ = At::kKey;
  }

  std::map<std::string, std::string>& shard_of_;
  At at_ = At::kStart;
  std::string tensor_;
  bool map_seen_ = false;
  SkippedValue skipped_;
};

}  // namespace

std::map<std::string, std::string> read_shard_index(std::string_view json, const std::string& path) {
  std::map<std::string, std::string> shard_of;
  IndexReader(path, shard_of).read(json);
  if (shard_of.empty()) throw ModelError(path + ": expected tensors in weight_map, found none");
  return shard_of;
}

}  // namespace gliner

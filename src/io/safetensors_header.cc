#include "io/safetensors_header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "base/check.h"
#include "io/strict_sax.h"

namespace gliner {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the crate's MAX_HEADER_SIZE
constexpr std::size_t kMaxDimensions = 64;              // as many as a torch tensor may have
constexpr std::size_t kLengthBytes = 8;

struct DtypeRow {
  TensorDtype dtype;
  const char* name;
  std::size_t bytes;
};
constexpr std::array<DtypeRow, 7> kDtypes = {{{TensorDtype::kFloat32, "F32", 4},
                                              {TensorDtype::kFloat16, "F16", 2},
                                              {TensorDtype::kBFloat16, "BF16", 2},
                                              {TensorDtype::kInt64, "I64", 8},
                                              {TensorDtype::kInt32, "I32", 4},
                                              {TensorDtype::kUInt8, "U8", 1},
                                              {TensorDtype::kBool, "BOOL", 1}}};

const DtypeRow& row_of(TensorDtype dtype) {
  const auto row =
      std::find_if(kDtypes.begin(), kDtypes.end(), [&](const DtypeRow& r) { return r.dtype == dtype; });
  GLINER_CHECK(row != kDtypes.end());
  return *row;
}

/// {"__metadata__": {text: text}, NAME: {"dtype": text, "shape": [n, ...], "data_offsets": [begin, end]},
/// ...}. Other fields of a tensor are passed over, as the crate does.
class HeaderReader final : public StrictSax {
 public:
  HeaderReader(const std::string& path, std::map<std::string, HeaderTensor>& tensors)
      : StrictSax(path + " (header)"), tensors_(tensors) {}

  bool null() override { return scalar("null"); }
  bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return scalar(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& digits) override { return scalar(digits); }

  bool number_unsigned(number_unsigned_t value) override {
    if (at_ == At::kShape) {
      if (tensor_->shape.size() == kMaxDimensions) {
        fail(fmt::format("tensor {}: more than {} dimensions", shown(name_), kMaxDimensions));
      }
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        refuse(std::to_string(value));
      tensor_->shape.push_back(static_cast<std::int64_t>(value));
    } else if (at_ == At::kOffsets) {
      if (offsets_ == 2) refuse("a third number");
      (offsets_++ == 0 ? tensor_->begin_byte : tensor_->end_byte) = value;
    } else {
      return scalar(std::to_string(value));
    }
    return true;
  }

  bool string(string_t& value) override {
    if (at_ == At::kMetadata) return true;
    if (at_ != At::kDtype) return scalar(shown(value));
    const auto row =
        std::find_if(kDtypes.begin(), kDtypes.end(), [&](const DtypeRow& r) { return value == r.name; });
    if (row == kDtypes.end()) refuse(shown(value));
    tensor_->dtype = row->dtype;
    at_ = At::kField;
    return true;
  }

  bool start_object(std::size_t) override {
    switch (at_) {
      case At::kStart:
        at_ = At::kNames;
        return true;
      case At::kMetadataStart:
        at_ = At::kMetadata;
        return true;
      case At::kTensorStart:
        at_ = At::kField;
        return true;
      case At::kSkipped:
        skipped_.open();
        return true;
      default:
        refuse("an object");
    }
  }

  bool key(string_t& key) override {
    if (at_ == At::kNames) {
      start_tensor_or_metadata(key);
    } else if (at_ == At::kField) {
      start_field(key);
    } else if (at_ != At::kMetadata && at_ != At::kSkipped) {
      refuse("key " + shown(key));
    }
    return true;
  }

  bool end_object() override {
    if (at_ == At::kSkipped) {
      close_skipped();
    } else if (at_ == At::kField) {
      check_tensor_complete();
      at_ = At::kNames;
    } else {
      at_ = At::kNames;  // the metadata's end, or the header's, after which the parser accepts nothing
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (at_ == At::kShapeStart) {
      at_ = At::kShape;
    } else if (at_ == At::kOffsetsStart) {
      at_ = At::kOffsets;
    } else if (at_ == At::kSkipped) {
      skipped_.open();
    } else {
      refuse("an array");
    }
    return true;
  }

  bool end_array() override {
    if (at_ == At::kSkipped) {
      close_skipped();
      return true;
    }
    if (at_ == At::kOffsets && offsets_ != 2) refuse(fmt::format("{} of them", offsets_));
    at_ = At::kField;
    return true;
  }

 private:
  enum class At {
    kStart,
    kNames,
    kMetadataStart,
    kMetadata,
    kTensorStart,
    kField,
    kDtype,
    kShapeStart,
    kShape,
    kOffsetsStart,
    kOffsets,
    kSkipped,
  };

  std::string expected() const override {
    const std::string of_tensor = "tensor " + shown(name_) + ": ";
    switch (at_) {
      case At::kMetadataStart:
      case At::kMetadata:
        return "an object of texts as __metadata__";
      case At::kTensorStart:
        return of_tensor + "an object";
      case At::kDtype:
        return of_tensor + "a supported dtype (F32, F16, BF16, I64, I32, U8, BOOL)";
      case At::kShapeStart:
      case At::kShape:
        return of_tensor + "an array of sizes >= 0 as shape";
      case At::kOffsetsStart:
      case At::kOffsets:
        return of_tensor + "two byte positions >= 0 as data_offsets";
      default:
        return "an object of tensors";
    }
  }

  /// A value that no field takes: right only where a field is passed over.
  bool scalar(const std::string& found) {
    if (at_ != At::kSkipped) refuse(found);
    if (skipped_.done()) at_ = At::kField;
    return true;
  }

  void close_skipped() {
    skipped_.close();
    if (skipped_.done()) at_ = At::kField;
  }

  void start_tensor_or_metadata(const std::string& name) {
    if (name == "__metadata__") {
      if (std::exchange(metadata_seen_, true)) fail("__metadata__ is there twice");
      at_ = At::kMetadataStart;
      return;
    }
    const auto [entry, is_new] = tensors_.try_emplace(name);
    if (!is_new) fail(fmt::format("tensor {} is there twice", shown(name)));
    name_ = name;
    tensor_ = &entry->second;
    seen_ = {};
    offsets_ = 0;
    at_ = At::kTensorStart;
  }

  void start_field(const std::string& field) {
    static constexpr std::array<std::pair<const char*, At>, 3> kFields = {
        {{"dtype", At::kDtype}, {"shape", At::kShapeStart}, {"data_offsets", At::kOffsetsStart}}};
    at_ = At::kSkipped;
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      if (field != kFields[i].first) continue;
      if (std::exchange(seen_[i], true))
        fail(fmt::format("tensor {}: {} is there twice", shown(name_), field));
      at_ = kFields[i].second;
    }
  }

  void check_tensor_complete() const {
    if (!seen_[0] || !seen_[1] || !seen_[2]) {
      fail(fmt::format("tensor {}: needs dtype, shape and data_offsets", shown(name_)));
    }
  }

  std::map<std::string, HeaderTensor>& tensors_;
  At at_ = At::kStart;
  std::string name_;
  HeaderTensor* tensor_ = nullptr;
  std::array<bool, 3> seen_ = {};  // dtype, shape, data_offsets
  int offsets_ = 0;
  bool metadata_seen_ = false;
  SkippedValue skipped_;
};

/// What a file that is no safetensors file seems to be, as advice.
const char* guess(std::string_view file) {
  const auto starts = [&](std::string_view magic) { return file.substr(0, magic.size()) == magic; };
  if (starts("version https://git-lfs"))
    return "; this is a Git LFS pointer: fetch the real file with git lfs pull";
  if (starts("\x80")) return "; this looks like a pickle: save the model with safetensors";
  if (starts("<")) return "; this looks like a web page: download the file again";
  return "";
}

std::uint64_t header_length(std::string_view file, const std::string& path) {
  const auto fail = [&](const std::string& what) {
    throw ModelError(fmt::format("{}: {}{}", path, what, guess(file)));
  };
  if (file.empty()) fail("the file is empty, expected safetensors");
  if (file.size() < kLengthBytes) {
    fail(fmt::format("file is cut short: a safetensors file begins with {} bytes, found {}", kLengthBytes,
                     file.size()));
  }
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    length |= std::uint64_t{static_cast<unsigned char>(file[i])} << (8 * i);
  }
  if (length > kMaxHeaderBytes) {
    fail(fmt::format("not a safetensors file: a header of {} bytes is above the format's {}", length,
                     kMaxHeaderBytes));
  }
  const std::uint64_t there = file.size() - kLengthBytes;
  if (length > there) {
    fail(fmt::format("file is cut short: expected a header of {} bytes, found {} ({} bytes missing)", length,
                     there, length - there));
  }
  if (length == 0 || file[kLengthBytes] != '{')
    fail("not a safetensors file: the header does not begin with {");
  return length;
}

/// Bytes that shape and dtype ask for; nothing on overflow.
std::optional<std::size_t> bytes_asked_for(const HeaderTensor& tensor) {
  std::size_t product = dtype_size(tensor.dtype);
  for (const std::int64_t size : tensor.shape) {
    if (!checked_mul(product, static_cast<std::size_t>(size), product)) return std::nullopt;
  }
  return product;
}

void check_tensor(const std::string& name, const HeaderTensor& tensor, const std::string& path) {
  const auto fail = [&](const std::string& what) {
    throw ModelError(fmt::format("{}: tensor {} ({} [{}]): {}", path, shown(name), dtype_name(tensor.dtype),
                                 fmt::join(tensor.shape, ", "), what));
  };
  if (tensor.begin_byte > tensor.end_byte) {
    fail(fmt::format("data_offsets [{}, {}] end before they begin", tensor.begin_byte, tensor.end_byte));
  }
  const std::optional<std::size_t> bytes = bytes_asked_for(tensor);
  if (!bytes) fail("the shape is too large to count its bytes");
  if (tensor.end_byte - tensor.begin_byte != *bytes) {
    fail(fmt::format("expected {} bytes, data_offsets [{}, {}] give {}", *bytes, tensor.begin_byte,
                     tensor.end_byte, tensor.end_byte - tensor.begin_byte));
  }
}

/// The tensors must fill the `data_bytes` after the header one after the other.
void check_layout(const std::map<std::string, HeaderTensor>& tensors, std::uint64_t data_bytes,
                  const std::string& path) {
  std::vector<const std::pair<const std::string, HeaderTensor>*> in_order;
  in_order.reserve(tensors.size());
  for (const auto& item : tensors) in_order.push_back(&item);
  std::sort(in_order.begin(), in_order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->second.begin_byte, a->second.end_byte) <
           std::pair(b->second.begin_byte, b->second.end_byte);
  });
  std::uint64_t end = 0;
  for (const auto* item : in_order) {
    const std::uint64_t begin = item->second.begin_byte;
    if (begin != end) {
      throw ModelError(
          fmt::format("{}: tensor {} begins at byte {} of the data, {} the end of the one before at {}", path,
                      shown(item->first), begin, begin < end ? "before" : "with a hole after", end));
    }
    end = item->second.end_byte;
  }
  if (end > data_bytes) {
    throw ModelError(
        fmt::format("{}: file is cut short: the tensors take {} bytes, found {} ({} bytes missing); "
                    "download it again",
                    path, end, data_bytes, end - data_bytes));
  }
  if (end < data_bytes) {
    throw ModelError(
        fmt::format("{}: {} bytes after the last tensor belong to none", path, data_bytes - end));
  }
}

}  // namespace

std::size_t dtype_size(TensorDtype dtype) { return row_of(dtype).bytes; }
const char* dtype_name(TensorDtype dtype) { return row_of(dtype).name; }

SafetensorsHeader read_safetensors_header(std::string_view file, const std::string& path) {
  const std::size_t length = header_length(file, path);
  SafetensorsHeader header;
  header.data_begin_byte = kLengthBytes + length;
  HeaderReader(path, header.tensors).read(file.substr(kLengthBytes, length));
  for (const auto& [name, tensor] : header.tensors) check_tensor(name, tensor, path);
  check_layout(header.tensors, file.size() - header.data_begin_byte, path);
  return header;
}

}  // namespace gliner

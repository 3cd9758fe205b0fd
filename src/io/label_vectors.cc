// Label vectors as a safetensors file: one tensor, the names as JSON text in the metadata.
#include <fmt/format.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/json.h"
#include "base/mapped_file.h"
#include "gliner/error.h"
#include "gliner/labels.h"
#include "io/safetensors.h"

namespace gliner {
namespace {

constexpr const char* kTensor = "label_vectors";
constexpr const char* kNames = "labels";

std::uint64_t read_u64(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i)
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

std::string u64_bytes(std::uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xFF);
  return bytes;
}

}  // namespace

void LabelVectors::save(const std::string& path) const {
  const auto width = static_cast<std::size_t>(size);
  if (size <= 0 || labels.size() > values.size() / width || labels.size() * width != values.size()) {
    throw InputError(fmt::format("label vectors: {} labels of {} numbers each, but {} numbers", labels.size(),
                                 size, values.size()));
  }
  const Json header = {
      {"__metadata__", {{"format", "gliner-label-vectors"}, {kNames, dump_json(Json(labels))}}},
      {kTensor,
       {{"dtype", "F32"},
        {"shape", {labels.size(), size}},
        {"data_offsets", {0, values.size() * sizeof(float)}}}}};
  std::string head = dump_json(header);
  head.append((8 - head.size() % 8) % 8, ' ');
  const std::string unfinished = path + ".part";
  {
    std::ofstream out(unfinished, std::ios::binary | std::ios::trunc);
    out << u64_bytes(head.size()) << head;
    out.write(reinterpret_cast<const char*>(values.data()),
              static_cast<std::streamsize>(values.size() * sizeof(float)));
    out.flush();
    if (!out) {
      std::remove(unfinished.c_str());
      throw InputError(path + ": the label vectors cannot be written there");
    }
  }
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) {
    std::remove(unfinished.c_str());
    throw InputError(path + ": the label vectors cannot be written there");
  }
}

LabelVectors LabelVectors::load(const std::string& path) {
  const WeightFile file = WeightFile::open(path);  // checks every length
  const auto found = file.tensors().find(kTensor);
  const auto refuse = [&path](const std::string& what) {
    throw ModelError(path + ": expected label vectors as LabelVectors::save writes them, found " + what);
  };
  if (found == file.tensors().end()) refuse(fmt::format("no tensor \"{}\"", kTensor));
  const TensorView& view = found->second;
  if (view.dtype != TensorDtype::kFloat32 || view.shape.size() != 2) refuse("another kind of tensor");
  const MappedFile bytes(path);
  const std::string_view text = bytes.text();
  const Json header =
      parse_json_file(text.substr(8, static_cast<std::size_t>(read_u64(text.substr(0, 8)))), path);
  const Json metadata = header.value("__metadata__", Json::object());
  if (!metadata.contains(kNames) || !metadata.at(kNames).is_string()) refuse("no names of labels");
  const Json names = parse_json_file(metadata.at(kNames).get_ref<const std::string&>(), path);
  LabelVectors vectors;
  if (!names.is_array()) refuse("names that are no list");
  for (const Json& name : names) {
    if (!name.is_string()) refuse("a name that is no text");
    vectors.labels.push_back(name.get<std::string>());
  }
  if (static_cast<std::int64_t>(vectors.labels.size()) != view.shape[0]) {
    refuse(fmt::format("{} names for {} vectors", vectors.labels.size(), view.shape[0]));
  }
  vectors.size = view.shape[1];
  vectors.values.resize(view.bytes / sizeof(float));
  if (view.bytes > 0) std::memcpy(vectors.values.data(), view.data, view.bytes);
  return vectors;
}

}  // namespace gliner

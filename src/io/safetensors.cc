#include "io/safetensors.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <utility>

#include "base/mapped_file.h"
#include "gliner/error.h"
#include "io/safetensors_header.h"
#include "io/shard_index.h"
#include "io/strict_sax.h"

namespace gliner {

std::int64_t TensorView::elements() const { return static_cast<std::int64_t>(bytes / dtype_size(dtype)); }

struct WeightFile::Impl {
  std::string path;
  std::vector<MappedFile> files;
  std::map<std::string, TensorView> tensors;
  std::int64_t file_bytes = 0;

  void add_file(const std::string& file_path) {
    MappedFile file(file_path);
    const SafetensorsHeader header = read_safetensors_header(file.text(), file_path);
    for (const auto& [name, entry] : header.tensors) {
      TensorView view;
      view.name = name;
      view.dtype = entry.dtype;
      view.shape = entry.shape;
      view.data = file.data() + header.data_begin_byte + entry.begin_byte;
      view.bytes = entry.end_byte - entry.begin_byte;
      view.file = file_path;
      const auto [found, is_new] = tensors.emplace(name, std::move(view));
      if (!is_new) {
        throw ModelError(
            fmt::format("{}: tensor {} is also in {}", file_path, shown(name), found->second.file));
      }
    }
    file_bytes += static_cast<std::int64_t>(file.size());
    files.push_back(std::move(file));
  }

  void add_shards(const std::string& index_path) {
    const std::filesystem::path folder = std::filesystem::path(index_path).parent_path();
    const std::map<std::string, std::string> shard_of =
        read_shard_index(MappedFile(index_path).text(), index_path);
    std::set<std::string> shards;
    for (const auto& [tensor, shard] : shard_of) shards.insert(shard);
    for (const std::string& shard : shards) add_file((folder / shard).string());
    for (const auto& [tensor, shard] : shard_of) {
      const std::string shard_path = (folder / shard).string();
      const auto found = tensors.find(tensor);
      if (found == tensors.end() || found->second.file != shard_path) {
        throw ModelError(fmt::format("{}: tensor {} is missing, where {} places it", shard_path,
                                     shown(tensor), index_path));
      }
    }
  }
};

WeightFile::WeightFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WeightFile::WeightFile(WeightFile&&) noexcept = default;
WeightFile& WeightFile::operator=(WeightFile&&) noexcept = default;
WeightFile::~WeightFile() = default;

WeightFile WeightFile::open(const std::string& path) {
  constexpr std::string_view kIndexSuffix = ".json";
  const bool is_index = path.size() >= kIndexSuffix.size() &&
                        std::string_view(path).substr(path.size() - kIndexSuffix.size()) == kIndexSuffix;
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  if (is_index) {
    impl->add_shards(path);
  } else {
    impl->add_file(path);
  }
  return WeightFile(std::move(impl));
}

const std::map<std::string, TensorView>& WeightFile::tensors() const { return impl_->tensors; }
std::int64_t WeightFile::file_bytes() const { return impl_->file_bytes; }
void WeightFile::release_pages() const {
  for (const MappedFile& file : impl_->files) file.release_pages();
}
const std::string& WeightFile::path() const { return impl_->path; }

}  // namespace gliner

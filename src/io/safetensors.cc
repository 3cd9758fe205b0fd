#include "io/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

#include "base/mapped_file.h"
#include "gliner/error.h"
#include "io/safetensors_header.h"
#include "io/shard_index.h"
#include "io/strict_sax.h"
#include "io/torch_archive.h"

namespace gliner {

std::int64_t TensorView::elements() const { return static_cast<std::int64_t>(bytes / dtype_size(dtype)); }

struct WeightFile::Impl {
  std::string path;
  std::vector<MappedFile> files;
  std::map<std::string, TensorView> tensors;
  std::int64_t file_bytes = 0;

  std::vector<std::unique_ptr<std::byte[]>> copies;

  void add_file(const std::string& file_path) {
    MappedFile file(file_path);
    if (is_torch_archive(file.text()))
      add_torch_archive(file, file_path);
    else if (is_legacy_pickle(file.text()))
      throw ModelError(
          fmt::format("{}: expected safetensors or a zip archive, found a pickle as torch.save wrote it "
                      "before 1.6. Load it "
                      "with torch and save its state_dict again, best as safetensors",
                      file_path));
    else
      add_safetensors(file, file_path);
    file_bytes += static_cast<std::int64_t>(file.size());
    files.push_back(std::move(file));
  }

  // The first of the pickles that made up a file: torch's number for it. As the length of a safetensors
  // header it would be larger than any file.
  static bool is_legacy_pickle(std::string_view file) {
    constexpr std::string_view kMagic = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.";
    return file.substr(0, kMagic.size()) == kMagic;
  }

  void add_safetensors(const MappedFile& file, const std::string& file_path) {
    const SafetensorsHeader header = read_safetensors_header(file.text(), file_path);
    for (const auto& [name, entry] : header.tensors)
      add(name, entry.dtype, entry.shape, file.data() + header.data_begin_byte + entry.begin_byte,
          entry.end_byte - entry.begin_byte, file_path);
  }

  void add_torch_archive(const MappedFile& file, const std::string& file_path) {
    TorchArchive archive = read_torch_archive(file.text(), file_path);
    for (const auto& [name, tensor] : archive.tensors)
      add(name, tensor.dtype, tensor.shape, tensor.data, tensor.bytes, file_path);
    std::move(archive.copies.begin(), archive.copies.end(), std::back_inserter(copies));
  }

  void add(const std::string& name, TensorDtype dtype, const std::vector<std::int64_t>& shape,
           const std::byte* data, std::size_t bytes, const std::string& file_path) {
    const auto [found, is_new] =
        tensors.emplace(name, TensorView{name, dtype, shape, data, bytes, file_path});
    if (!is_new)
      throw ModelError(
          fmt::format("{}: tensor {} is also in {}", file_path, shown(name), found->second.file));
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

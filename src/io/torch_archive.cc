#include "io/torch_archive.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>

#include "base/check.h"
#include "gliner/error.h"
#include "io/strict_sax.h"
#include "io/tensor_pickle.h"
#include "io/zip_directory.h"

namespace gliner {
namespace {

constexpr std::string_view kPickleName = "/data.pkl";

class ArchiveReader {
 public:
  ArchiveReader(std::string_view file, const std::string& path)
      : file_(file), path_(path), members_(read_zip_directory(file, path)) {
    find_root();
    const auto order = members_.find(root_ + "byteorder");
    if (order != members_.end() && bytes_of(order->second) != "little")
      fail(fmt::format("expected byte order \"little\", found {}", shown(bytes_of(order->second))));
  }

  TorchArchive read() {
    const std::string_view pickle = bytes_of(members_.at(root_ + std::string(kPickleName.substr(1))));
    for (const auto& [name, tensor] : read_tensor_pickle(pickle, path_)) add(name, tensor);
    return std::move(archive_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(fmt::format("{}: {}", path_, what));
  }
  std::string_view bytes_of(const ZipMember& member) const {
    return file_.substr(member.begin_byte, member.bytes);
  }

  // Everything lies in one folder, named after the file it was first written to.
  void find_root() {
    for (const auto& [name, member] : members_) {
      if (name.size() < kPickleName.size() || name.find('/') != name.size() - kPickleName.size() ||
          name.substr(name.size() - kPickleName.size()) != kPickleName)
        continue;
      if (!root_.empty()) fail("expected one data.pkl, found several");
      root_ = name.substr(0, name.size() - kPickleName.size() + 1);
    }
    if (root_.empty()) fail("expected a file that torch.save wrote, found an archive without data.pkl");
  }

  void add(const std::string& name, const PickledTensor& tensor) {
    const std::size_t element = dtype_size(tensor.dtype);
    const auto member = members_.find(root_ + "data/" + tensor.storage);
    if (member == members_.end())
      fail(fmt::format("tensor {}: its storage {} is missing", shown(name), shown(tensor.storage)));
    std::size_t storage_bytes = 0;
    if (!checked_mul(tensor.storage_elements, element, storage_bytes) ||
        storage_bytes != member->second.bytes)
      fail(fmt::format("tensor {}: expected {} elements of {} bytes in storage {}, found {} bytes",
                       shown(name), tensor.storage_elements, element, shown(tensor.storage),
                       member->second.bytes));

    std::size_t elements = 1;
    for (const std::int64_t size : tensor.shape)
      if (!checked_mul(elements, static_cast<std::size_t>(size), elements)) fail_shape(name, tensor);
    if (elements > 0) check_range(name, tensor);

    TorchArchive::Tensor view{tensor.dtype, tensor.shape, nullptr, 0};
    if (!checked_mul(elements, element, view.bytes)) fail_shape(name, tensor);
    const std::string_view storage = bytes_of(member->second);
    if (elements == 0) {
      view.data = reinterpret_cast<const std::byte*>(storage.data());
    } else if (is_row_major(tensor)) {
      view.data = reinterpret_cast<const std::byte*>(storage.data()) + tensor.offset * element;
    } else {
      view.data = copy_in_order(name, tensor, storage, view.bytes);
    }
    archive_.tensors.emplace(name, std::move(view));
  }

  [[noreturn]] void fail_shape(const std::string& name, const PickledTensor& tensor) const {
    fail(fmt::format(
        "tensor {}: expected it to lie within the {} elements of its storage, found size [{}], strides [{}], "
        "offset {}",
        shown(name), tensor.storage_elements, fmt::join(tensor.shape, ", "), fmt::join(tensor.strides, ", "),
        tensor.offset));
  }

  // The last element of a tensor that has some; no stride is negative.
  void check_range(const std::string& name, const PickledTensor& tensor) const {
    std::size_t last = tensor.offset;
    for (std::size_t d = 0; d < tensor.shape.size(); ++d) {
      std::size_t step = 0;
      if (!checked_mul(static_cast<std::size_t>(tensor.shape[d] - 1),
                       static_cast<std::size_t>(tensor.strides[d]), step) ||
          !checked_add(last, step, last))
        fail_shape(name, tensor);
    }
    if (last >= tensor.storage_elements) fail_shape(name, tensor);
  }

  static bool is_row_major(const PickledTensor& tensor) {
    std::int64_t expected = 1;
    for (std::size_t d = tensor.shape.size(); d-- > 0;) {
      if (tensor.shape[d] != 1 && tensor.strides[d] != expected) return false;
      expected *= tensor.shape[d];
    }
    return true;
  }

  const std::byte* copy_in_order(const std::string& name, const PickledTensor& tensor,
                                 std::string_view storage, std::size_t bytes) {
    // A stride of zero would let a few bytes stand for any number of elements.
    if (!checked_add(copied_bytes_, bytes, copied_bytes_) || copied_bytes_ > file_.size())
      fail(fmt::format("tensor {}: putting tensors in order would take more than the file's {} bytes",
                       shown(name), file_.size()));
    const std::size_t element = dtype_size(tensor.dtype);
    archive_.copies.push_back(std::make_unique<std::byte[]>(bytes));
    std::byte* const begin = archive_.copies.back().get();
    std::vector<std::int64_t> index(tensor.shape.size(), 0);
    std::size_t from = tensor.offset;
    for (std::byte* to = begin; to < begin + bytes; to += element) {
      std::memcpy(to, storage.data() + from * element, element);
      for (std::size_t d = index.size(); d-- > 0;) {
        from += static_cast<std::size_t>(tensor.strides[d]);
        if (++index[d] < tensor.shape[d]) break;
        from -= static_cast<std::size_t>(tensor.strides[d]) * static_cast<std::size_t>(tensor.shape[d]);
        index[d] = 0;
      }
    }
    return begin;
  }

  std::string_view file_;
  const std::string& path_;
  std::map<std::string, ZipMember> members_;
  std::string root_;  // Ends with a slash.
  std::size_t copied_bytes_ = 0;
  TorchArchive archive_;
};

}  // namespace

bool is_torch_archive(std::string_view file) { return file.substr(0, 4) == "PK\x03\x04"; }

TorchArchive read_torch_archive(std::string_view file, const std::string& path) {
  return ArchiveReader(file, path).read();
}

}  // namespace gliner

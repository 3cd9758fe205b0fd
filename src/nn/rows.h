#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace gliner {

/// Rows [begin, end) of a matrix.
struct RowRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t size() const { return end - begin; }
};

/// Rows that a product with `rows` rows is computed with on a CPU: a little more, so that one oneDNN
/// primitive (a millisecond to generate) serves several lengths. The step grows with the length; the waste
/// stays below an eighth from 33 rows on and is 2 to 4 % on the average.
std::int64_t row_capacity(std::int64_t rows);

/// A [rows, columns] float32 matrix, uninitialised. On a CPU its storage has room for
/// row_capacity(rows) rows, the additional ones zero, and Linear computes them all in place; their values
/// mean nothing but are always finite.
at::Tensor new_rows(std::int64_t rows, std::int64_t columns, c10::Device device);

/// True if row_capacity(rows) rows of the CPU matrix `x` may be read: contiguous float32 with enough storage.
bool has_readable_capacity(const at::Tensor& x);

/// True if they may also be written: `x` is all of its storage, as new_rows makes it. A view of the first
/// rows of a larger matrix is readable only.
bool has_writable_capacity(const at::Tensor& x);

/// `x` itself, or a copy made by new_rows when the capacity cannot be read or written.
at::Tensor with_readable_capacity(const at::Tensor& x);
at::Tensor with_writable_capacity(const at::Tensor& x);

/// The rows `index` of `x`, made by new_rows: [N, H].
at::Tensor take_rows(const at::Tensor& x, const std::vector<std::int64_t>& index);

/// A matrix of `count` rows, made by new_rows: `rows` [N, H] at the places `index`, zero elsewhere.
at::Tensor put_rows(const at::Tensor& rows, const std::vector<std::int64_t>& index, std::int64_t count);

}  // namespace gliner

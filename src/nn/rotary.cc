#include "nn/rotary.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/check.h"
#include "nn/cpu/kernels.h"
#include "nn/rows.h"
#include "nn/threads.h"

namespace gliner {
namespace {

constexpr std::int64_t kGrain = 32;  // Rows of a thread.

// x: [N, >= count * D], cosine, sine: [N, D / 2] of its rows.
void turn_rows(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine, std::int64_t count) {
  const std::int64_t half = cosine.size(1);
  const at::Tensor blocks =
      x.narrow(1, 0, count * 2 * half).view({x.size(0), count, 2, half});  // [N, count, 2, D / 2]
  const at::Tensor first = blocks.select(2, 0);
  const at::Tensor second = blocks.select(2, 1);
  const at::Tensor c = cosine.unsqueeze(1);  // [N, 1, D / 2]
  const at::Tensor s = sine.unsqueeze(1);
  const at::Tensor turned = first * c - second * s;
  second.copy_(second * c + first * s);
  first.copy_(turned);
}

// Rows of x [N, >= count * D] on a CPU, by the angles in the rows of cosine and sine from `angle` on.
void turn_range(const at::Tensor& x, const RowRange& rows, const at::Tensor& cosine, const at::Tensor& sine,
                std::int64_t angle, std::int64_t count) {
  RotaryRows r;
  r.stride = x.size(1);
  r.x = x.data_ptr<float>() + rows.begin * r.stride;
  r.rows = rows.size();
  r.blocks = count;
  r.half = cosine.size(1);
  r.cosine = cosine.data_ptr<float>() + angle * r.half;
  r.sine = sine.data_ptr<float>() + angle * r.half;
  cpu_kernels().rotate_rows(r);
}

}  // namespace

at::Tensor rotary_frequencies(double theta, std::int64_t head_size) {
  const at::Tensor exponent = at::arange(0, head_size, 2, at::kFloat) / static_cast<double>(head_size);
  return at::reciprocal(at::pow(theta, exponent));
}

RotaryTable::RotaryTable(double theta, std::int64_t head_size, std::int64_t length, c10::Device device) {
  const at::Tensor angle = at::arange(length, at::kFloat).unsqueeze(1) *
                           rotary_frequencies(theta, head_size).unsqueeze(0);  // [length, D / 2]
  cosine_ = angle.cos().to(device);
  sine_ = angle.sin().to(device);
}

void RotaryTable::turn(at::Tensor& qkv, const SequenceStart& start, std::int64_t heads) const {
  if (!qkv.device().is_cpu()) return turn_plainly(qkv, start, heads);
  GLINER_CHECK(qkv.is_contiguous() && qkv.size(1) == 6 * heads * cosine_.size(1));
  parallel_ranges(start.back(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::size_t b = 0; b + 1 < start.size(); ++b) {
      const RowRange rows{std::max(begin, start[b]), std::min(end, start[b + 1])};
      if (rows.size() > 0)
        turn_range(qkv, rows, cosine_, sine_, rows.begin - start[b], 2 * heads);  // Query and key.
    }
  });
}

void RotaryTable::turn_plainly(at::Tensor& qkv, const SequenceStart& start, std::int64_t heads) const {
  for (std::size_t b = 0; b + 1 < start.size(); ++b) {
    const std::int64_t length = start[b + 1] - start[b];
    if (length == 0) continue;
    turn_rows(qkv.narrow(0, start[b], length), cosine_.narrow(0, 0, length), sine_.narrow(0, 0, length),
              2 * heads);  // Query and key.
  }
}

RowRotary::RowRotary(const at::Tensor& frequencies, const at::Tensor& positions) {
  const at::Tensor angle = positions.to(at::kFloat).unsqueeze(1) * frequencies.unsqueeze(0);  // [T, D / 2]
  cosine_ = angle.cos();
  sine_ = angle.sin();
}

void RowRotary::turn(at::Tensor& x, std::int64_t blocks) const {
  if (!x.device().is_cpu()) return turn_plainly(x, blocks);
  GLINER_CHECK(x.is_contiguous() && x.size(0) == cosine_.size(0) &&
               x.size(1) >= 2 * blocks * cosine_.size(1));
  parallel_ranges(x.size(0), kGrain, [&](std::int64_t begin, std::int64_t end) {
    turn_range(x, {begin, end}, cosine_, sine_, begin, blocks);
  });
}

void RowRotary::turn_plainly(at::Tensor& x, std::int64_t blocks) const {
  GLINER_CHECK(x.size(0) == cosine_.size(0) && x.size(1) >= 2 * blocks * cosine_.size(1));
  turn_rows(x, cosine_, sine_, blocks);
}

}  // namespace gliner

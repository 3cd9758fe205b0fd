#include "models/card_graphs.h"

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>

#include <algorithm>
#include <exception>

#include "base/check.h"
#include "base/stage_timer.h"
#include "models/model.h"

namespace gliner {
namespace {

at::Tensor host_words(std::int64_t count, c10::Device device) {
  return at::empty({count}, at::TensorOptions().dtype(at::kInt).pinned_memory(!device.is_cpu()));
}

std::string reason_of(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  return torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
}

}  // namespace

std::vector<std::int32_t> fetch_words(const at::Tensor& words, c10::Device device) {
  const StageTimer timer(Stage::kSelect);
  at::Tensor host = words;
  if (!device.is_cpu()) {
    host = host_words(words.size(0), device);
    host.copy_(words, /*non_blocking=*/true);
    synchronize(device);
  }
  const auto* data = host.data_ptr<std::int32_t>();
  return {data, data + host.size(0)};
}

GraphLane::GraphLane(c10::Device device, std::unique_ptr<GraphCapture> capture, const Limits& limits)
    : device_(device), limits_(limits), stream_(device), capture_(std::move(capture)) {
  GLINER_CHECK(capture_ && limits.graphs > 0 && limits.keys > 0);
}

GraphLane::Bucket& GraphLane::find(const PassKey& key) {
  const auto found =
      std::find_if(buckets_.begin(), buckets_.end(), [&key](const Bucket& b) { return b.key == key; });
  if (found != buckets_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, found);
  } else {
    buckets_.emplace_front();
    buckets_.front().key = key;
    if (buckets_.size() > limits_.keys) buckets_.pop_back();
  }
  return buckets_.front();
}

void GraphLane::forget_old_ones() {
  std::size_t graphs = 0;
  for (auto bucket = buckets_.begin(); bucket != buckets_.end();) {
    if (bucket->graph && ++graphs > limits_.graphs)
      bucket = buckets_.erase(bucket);
    else
      ++bucket;
  }
}

void GraphLane::send(Bucket& bucket, const PackedUpload& upload) {
  GLINER_CHECK(bucket.staging.size(0) == static_cast<std::int64_t>(upload.words().size()));
  std::copy(upload.words().begin(), upload.words().end(), bucket.staging.data_ptr<std::int32_t>());
  bucket.upload.copy_(bucket.staging, /*non_blocking=*/true);
}

/// Loads and makes what a capture must not: kernels, handles, work spaces.
std::vector<std::int32_t> GraphLane::first_run(Bucket& bucket, const PackedUpload& upload,
                                               const PassProgram& program) {
  const auto words = static_cast<std::int64_t>(upload.words().size());
  bucket.staging = host_words(words, device_);
  bucket.upload = at::empty({words}, at::TensorOptions().dtype(at::kInt).device(device_));
  send(bucket, upload);
  return fetch_words(program(bucket.upload), device_);
}

void GraphLane::capture(Bucket& bucket, const PassProgram& program) {
  bucket.graph = capture_->capture(
      [&result = bucket.result, program, words = bucket.upload] { result = program(words); });
  forget_old_ones();
}

std::optional<std::vector<std::int32_t>> GraphLane::run(const PassKey& key, const PackedUpload& upload,
                                                        const PassProgram& program, CudaGraphReport& report) {
  Bucket& bucket = find(key);
  if (bucket.failed || (!bucket.graph && bucket.sightings++ < limits_.sightings)) return std::nullopt;
  std::optional<c10::StreamGuard> on_own_stream;
  if (stream_.get()) on_own_stream.emplace(*stream_.get());
  std::optional<std::vector<std::int32_t>> words;
  try {
    if (bucket.graph) {
      send(bucket, upload);
      bucket.graph->replay();
      words = fetch_words(bucket.result, device_);
      ++report.replayed;
    } else {
      words = first_run(bucket, upload, program);
      capture(bucket, program);
      ++report.captured;
    }
  } catch (const std::exception& error) {
    if (report.failures++ == 0) report.failure = reason_of(error);
    bucket = Bucket{key, 0, /*failed=*/true, {}, {}, {}, nullptr};
  }
  return words;
}

CardGraphs::CardGraphs(c10::Device device, MakeCapture make_capture, const GraphLane::Limits& limits,
                       std::size_t lanes)
    : device_(device), make_capture_(std::move(make_capture)), limits_(limits), lanes_left_(lanes) {}

std::unique_ptr<GraphLane> CardGraphs::take() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!idle_.empty()) {
    std::unique_ptr<GraphLane> lane = std::move(idle_.back());
    idle_.pop_back();
    return lane;
  }
  if (lanes_left_ == 0) return nullptr;
  auto lane = std::make_unique<GraphLane>(device_, make_capture_(), limits_);
  --lanes_left_;
  return lane;
}

std::optional<std::vector<std::int32_t>> CardGraphs::run(const PassKey& key, const PackedUpload& upload,
                                                         const PassProgram& program) {
  std::unique_ptr<GraphLane> lane = take();
  CudaGraphReport own;
  std::optional<std::vector<std::int32_t>> words;
  if (lane) words = lane->run(key, upload, program, own);
  own.launched = own.replayed == 0 ? 1 : 0;
  const std::lock_guard<std::mutex> lock(mutex_);
  add_to(report_, own);
  // The last one first: it knows what was asked for last.
  if (lane) idle_.push_back(std::move(lane));
  return words;
}

CudaGraphReport CardGraphs::report() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return report_;
}

}  // namespace gliner

#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gliner/extractor.h"
#include "models/device.h"
#include "nn/graph_capture.h"
#include "nn/packed_upload.h"

namespace gliner {

/// The words of a pass's result on the host: [N] int32. Waits for the current stream of `device`, the only
/// wait of a pass.
std::vector<std::int32_t> fetch_words(const at::Tensor& words, c10::Device device);

/// A pass as a function of its upload, [words] int32 on the device -> [N] int32 there. Must not depend on
/// anything that may differ between passes of one key, nor wait for the device.
using PassProgram = std::function<at::Tensor(const at::Tensor& upload)>;

/// What a key's passes are known by.
using PassKey = std::vector<std::int64_t>;

/// The captured passes of one stream, least recently used ones forgotten. A key that is seen for the first
/// time is only noted; the next time the pass runs launch by launch, gives its answer, and is captured; from
/// then on it is replayed. One thread at a time.
class GraphLane {
 public:
  struct Limits {
    std::size_t graphs = 32;  ///< That are kept.
    std::size_t keys = 256;   ///< That are known, with a graph or without.
    int sightings = 1;        ///< Before a key's pass is captured.
  };

  /// capture: of this lane's stream, with memory that its graphs share.
  GraphLane(c10::Device device, std::unique_ptr<GraphCapture> capture, const Limits& limits);

  /// The pass's result on the host; nothing where it is not for this lane: a new key, or one that failed.
  /// What fails here is noted in `report` and never thrown: the caller's own way will show whether it was the
  /// graph.
  std::optional<std::vector<std::int32_t>> run(const PassKey& key, const PackedUpload& upload,
                                               const PassProgram& program, CudaGraphReport& report);

 private:
  struct Bucket {
    PassKey key;
    int sightings = 0;
    bool failed = false;
    at::Tensor staging;  // [words], pinned
    at::Tensor upload;   // [words], on the device
    at::Tensor result;   // What the graph writes.
    std::unique_ptr<CapturedGraph> graph;
  };
  Bucket& find(const PassKey& key);
  void forget_old_ones();
  std::vector<std::int32_t> first_run(Bucket& bucket, const PackedUpload& upload, const PassProgram& program);
  void capture(Bucket& bucket, const PassProgram& program);
  void send(Bucket& bucket, const PackedUpload& upload);

  c10::Device device_;
  Limits limits_;
  PrivateStream stream_;
  std::unique_ptr<GraphCapture> capture_;
  std::list<Bucket> buckets_;  // The last used first
};

/// The captured passes of a model on one card, in as many lanes as passes may be replayed side by side. Every
/// lane has a stream, graphs and memory of its own, because a graph's memory is fixed and so are the work
/// spaces that libraries keep for a stream. Thread-safe: a lane belongs to one thread until its result is on
/// the host.
class CardGraphs {
 public:
  using MakeCapture = std::function<std::unique_ptr<GraphCapture>()>;

  explicit CardGraphs(c10::Device device, MakeCapture make_capture = make_cuda_graph_capture,
                      const GraphLane::Limits& limits = {}, std::size_t lanes = 2);

  /// Like GraphLane's. Nothing, too, while all lanes are taken.
  std::optional<std::vector<std::int32_t>> run(const PassKey& key, const PackedUpload& upload,
                                               const PassProgram& program);

  CudaGraphReport report() const;

 private:
  std::unique_ptr<GraphLane> take();

  c10::Device device_;
  MakeCapture make_capture_;
  GraphLane::Limits limits_;
  mutable std::mutex mutex_;  // Of all that follows.
  std::size_t lanes_left_;    // That may still be made.
  std::vector<std::unique_ptr<GraphLane>> idle_;
  CudaGraphReport report_;
};

}  // namespace gliner

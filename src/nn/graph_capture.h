#pragma once

#include <functional>
#include <memory>
#include <string>

namespace gliner {

/// Launches of a card, recorded with their sizes and addresses.
class CapturedGraph {
 public:
  virtual ~CapturedGraph() = default;
  /// Enqueues all of them on the calling thread's current stream.
  virtual void replay() = 0;
};

/// Records launches. Its graphs share the memory of what they make on the way, so that only one of them may
/// be on the card at a time: all are captured and replayed on one stream, by one thread at a time.
class GraphCapture {
 public:
  virtual ~GraphCapture() = default;
  /// Records what `pass` launches on the calling thread's current stream, and runs none of it. Tensors that
  /// `pass` makes and something still holds keep their place for every replay. `pass` must have run once on
  /// this stream, with the same sizes. Throws c10::Error where the card or LibTorch refuses; the stream is as
  /// it was.
  virtual std::unique_ptr<CapturedGraph> capture(const std::function<void()>& pass) = 0;
};

/// For CUDA graphs. Null where this build cannot capture; cuda_graphs_missing() then says why.
std::unique_ptr<GraphCapture> make_cuda_graph_capture();
std::string cuda_graphs_missing();

}  // namespace gliner

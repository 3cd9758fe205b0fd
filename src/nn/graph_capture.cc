#include "nn/graph_capture.h"

#ifdef GLINER_CUDA
#include <torch/version.h>
// Captures of one thread beside the work of others, and failed ones that leave the allocator in order.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 6)
#define GLINER_CUDA_GRAPHS
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>

#include <mutex>
#include <utility>
#endif
#endif

namespace gliner {

#ifdef GLINER_CUDA_GRAPHS
namespace {

/// LibTorch's graphs share the card's random number generator, which knows no threads. Never destroyed:
/// threads may still run when the process ends.
std::mutex& graph_mutex() {
  static std::mutex* const mutex = new std::mutex;
  return *mutex;
}

/// Takes a card and LibTorch's allocator out of a capture that went wrong.
void abandon(std::unique_ptr<at::cuda::CUDAGraph> graph, at::cuda::MempoolId_t pool) {
  try {
    graph->capture_end();  // Else the stream would go on recording.
  } catch (const c10::Error&) {
    // Before this the allocator was not told that the capture is over. It still asks this object about
    // streams, which must not go away therefore.
    static_cast<void>(graph.release());
    try {
      c10::cuda::CUDACachingAllocator::endAllocateToPool(c10::cuda::current_device(), pool);
    } catch (const c10::Error&) {
      // It was told.
    }
  }
}

std::unique_ptr<at::cuda::CUDAGraph> record(at::cuda::MempoolId_t pool, const std::function<void()>& pass) {
  auto graph = std::make_unique<at::cuda::CUDAGraph>();
  try {
    // What other threads do meanwhile, allocations above all, does not concern the capture.
    graph->capture_begin(pool, cudaStreamCaptureModeThreadLocal);
    pass();
    graph->capture_end();
  } catch (...) {
    abandon(std::move(graph), pool);
    throw;
  }
  return graph;
}

class CudaGraph : public CapturedGraph {
 public:
  explicit CudaGraph(std::unique_ptr<at::cuda::CUDAGraph> graph) : graph_(std::move(graph)) {}
  ~CudaGraph() override {
    const std::lock_guard<std::mutex> lock(graph_mutex());
    graph_.reset();
  }
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  void replay() override {
    const std::lock_guard<std::mutex> lock(graph_mutex());
    graph_->replay();
  }

 private:
  std::unique_ptr<at::cuda::CUDAGraph> graph_;
};

class CudaGraphCapture : public GraphCapture {
 public:
  std::unique_ptr<CapturedGraph> capture(const std::function<void()>& pass) override {
    const std::lock_guard<std::mutex> lock(graph_mutex());
    return std::make_unique<CudaGraph>(record(pool_, pass));
  }

 private:
  const at::cuda::MempoolId_t pool_ = at::cuda::graph_pool_handle();
};

}  // namespace

std::unique_ptr<GraphCapture> make_cuda_graph_capture() { return std::make_unique<CudaGraphCapture>(); }
std::string cuda_graphs_missing() { return {}; }
#else
std::unique_ptr<GraphCapture> make_cuda_graph_capture() { return nullptr; }
std::string cuda_graphs_missing() {
#ifdef GLINER_CUDA
  return "this build has a LibTorch before 2.6, whose captures disturb other threads";
#else
  return "this build was made without GLINER_CUDA";
#endif
}
#endif

}  // namespace gliner

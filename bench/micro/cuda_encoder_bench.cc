// The encoder of a checkpoint alone on a card: 16,384 packed tokens in sequences of several lengths.
//   cuda_encoder_bench MODEL_DIR float32|bfloat16|float16 [milliseconds to measure each]
//   cuda_encoder_bench MODEL_DIR DTYPE once LENGTH      a single forward after one to warm up, to profile
#include <ATen/ATen.h>
#include <ATen/cuda/CUDAEvent.h>
#include <c10/core/InferenceMode.h>
#include <c10/cuda/CUDAStream.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "encoders/encoder.h"
#include "gliner/options.h"
#include "io/model_dir.h"
#include "nn/weight_scope.h"

namespace {

using namespace gliner;

constexpr std::int64_t kTokens = 16384;

// Of one forward pass: the layers' products, and attention with every position that occurs.
double flops(const EncoderConfig& config, std::int64_t length) {
  const auto hidden = static_cast<double>(config.hidden_size);
  const auto inner = static_cast<double>(config.intermediate_size);
  const double positions = std::min<double>(2.0 * static_cast<double>(length) - 1, 512);
  const double products = 2 * (4 * hidden * hidden + 2 * hidden * inner);
  const double attention = 4 * hidden * (static_cast<double>(length) + positions);
  return static_cast<double>(kTokens * config.num_hidden_layers) * (products + attention);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: cuda_encoder_bench MODEL_DIR DTYPE [MS | once LENGTH]\n");
    return 2;
  }
  if (!at::hasCUDA()) {
    fmt::print(stderr, "cuda_encoder_bench: no CUDA card in this machine\n");
    return 77;  // Skipped, as test drivers know it.
  }
  const c10::InferenceMode guard;
  at::globalContext().setAllowTF32CuBLAS(false);
  const bool once = argc > 4 && std::string(argv[3]) == "once";
  const double budget_ms = argc > 3 && !once ? std::strtod(argv[3], nullptr) : 300;
  const std::vector<std::int64_t> lengths =
      once ? std::vector<std::int64_t>{std::strtoll(argv[4], nullptr, 10)}
           : std::vector<std::int64_t>{32, 64, 128, 512};

  const ModelFiles files = find_model_files(argv[1]);
  const EncoderConfig config =
      parse_encoder_config(MappedFile(files.encoder_config).text(), files.encoder_config);
  WeightStore store(std::make_shared<const WeightFile>(WeightFile::open(files.weights)),
                    at::Device(at::kCUDA, 0));
  const auto encoder = make_encoder((WeightScope(store) / "encoder").in(parse_compute_dtype(argv[2])), config,
                                    /*known_ids=*/0);
  const std::vector<std::int64_t> drawn_ids = [&] {
    const at::Tensor ids = at::randint(1000, encoder->vocab_size(), {kTokens}, at::kLong);
    return std::vector<std::int64_t>(ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + kTokens);
  }();
  const std::vector<std::int32_t> ids(drawn_ids.begin(), drawn_ids.end());
  const TokenIds tokens(ids, at::tensor(ids, at::kInt).to(at::kCUDA));

  fmt::print("| length | dtype | ms | TFLOP/s |\n| ---: | --- | ---: | ---: |\n");
  for (const std::int64_t length : lengths) {
    SequenceStart start;
    for (std::int64_t begin = 0; begin <= kTokens; begin += length) start.push_back(begin);
    const auto stream = c10::cuda::getCurrentCUDAStream();
    for (int i = 0; i < (once ? 1 : 3); ++i) encoder->forward(tokens, start);
    stream.synchronize();
    std::vector<double> times;
    double total = 0;
    do {
      at::cuda::CUDAEvent before(cudaEventDefault), after(cudaEventDefault);
      before.record(stream);
      encoder->forward(tokens, start);
      after.record(stream);
      after.synchronize();
      times.push_back(before.elapsed_time(after));
      total += times.back();
    } while (!once && (total < budget_ms || times.size() < 10));
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    fmt::print("| {} | {} | {:.2f} | {:.1f} |\n", length, argv[2], *middle,
               flops(config, length) / *middle / 1e9);
  }
  return 0;
}

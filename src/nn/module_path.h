#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>

namespace gliner {

// A module may be written in the shape of its computation and still carry the checkpoint's names: these
// register under a dotted path, with plain modules for the steps between.

/// The child `name` of `parent`, made if it is not there.
torch::nn::Module& child_module(torch::nn::Module& parent, const std::string& name);

/// Registers `child` under a dotted path below `parent` and returns it.
template <typename ModuleType>
std::shared_ptr<ModuleType> register_at(torch::nn::Module& parent, const std::string& path,
                                        std::shared_ptr<ModuleType> child) {
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos) return parent.register_module(path, std::move(child));
  return register_at(child_module(parent, path.substr(0, dot)), path.substr(dot + 1), std::move(child));
}

/// Registers a tensor of the checkpoint, under a dotted path below `parent`.
void register_weight_at(torch::nn::Module& parent, const std::string& path, const at::Tensor& weight);

}  // namespace gliner

#include "nn/module_path.h"

namespace gliner {

void register_weight_at(torch::nn::Module& parent, const std::string& path, const at::Tensor& weight) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos) {
    parent.register_parameter(path, weight, /*requires_grad=*/false);
    return;
  }
  const std::string owner = path.substr(0, dot);
  torch::nn::Module* module = &parent;
  for (std::size_t begin = 0; begin < owner.size();) {
    const std::size_t end = std::min(owner.find('.', begin), owner.size());
    module = &child_module(*module, owner.substr(begin, end - begin));
    begin = end + 1;
  }
  module->register_parameter(path.substr(dot + 1), weight, /*requires_grad=*/false);
}

torch::nn::Module& child_module(torch::nn::Module& parent, const std::string& name) {
  for (const auto& child : parent.named_children())
    if (child.key() == name) return *child.value();
  return *parent.register_module(name, std::make_shared<torch::nn::Module>());
}

}  // namespace gliner

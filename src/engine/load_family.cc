#include "engine/load_family.h"

#include "engine/gliner1_family.h"
#include "engine/gliner2_family.h"
#include "io/model_dir.h"

namespace gliner {

std::unique_ptr<const Family> load_family(const ModelFiles& files, const LoadOptions& options) {
  if (is_gliner1_config(files.config)) return load_gliner1_family(files, options);
  return load_gliner2_family(files, options);
}

}  // namespace gliner

// A gliner that was built without Arrow.

#include "exit_code.h"
#include "input/parquet_records.h"
#include "output/parquet_file.h"

namespace gliner::cli {

void require_parquet(const std::string& path) {
  throw UsageError(path +
                   ": this gliner was built without Parquet; install the C++ libraries of Apache Arrow "
                   "(libarrow-dev and libparquet-dev) and build it with -DGLINER_PARQUET=ON");
}

std::unique_ptr<RecordReader> open_parquet(const InputOptions& options) {
  require_parquet(options.path);
  return nullptr;
}

void write_parquet(const std::string&, const std::string& path) { require_parquet(path); }

}  // namespace gliner::cli

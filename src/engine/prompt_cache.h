#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

#include "engine/family.h"
#include "schema/schema_spec.h"

namespace gliner {

/// Prompts of the schemas that were asked for last, so that calls that follow each other with one schema, or
/// with a few in turn, compile each of them once. A schema is known by its identity, which copies of a Schema
/// share; it is immutable. Holds at most `capacity`; the one that was not asked for the longest goes first.
/// Safe to call from any number of threads.
class PromptCache {
 public:
  using Compile = std::function<std::unique_ptr<const FamilyPrompt>()>;

  explicit PromptCache(std::size_t capacity) : capacity_(capacity) {}

  /// The prompt of `spec`; `compile` makes it, outside of any lock, when it is not here. What `compile`
  /// throws passes through and is not remembered.
  std::shared_ptr<const FamilyPrompt> get(const std::shared_ptr<const SchemaSpec>& spec,
                                          const Compile& compile);

 private:
  struct Entry {
    std::shared_ptr<const SchemaSpec> spec;  // keeps the address from being used again
    std::shared_ptr<const FamilyPrompt> prompt;
  };

  /// With the lock held; null when it is not here.
  std::shared_ptr<const FamilyPrompt> find(const SchemaSpec* spec);

  std::size_t capacity_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // the latest first; few enough to be looked through
};

}  // namespace gliner

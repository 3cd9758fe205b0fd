#include "engine/prompt_cache.h"

#include <algorithm>
#include <utility>

namespace gliner {

std::shared_ptr<const FamilyPrompt> PromptCache::find(const SchemaSpec* spec) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [spec](const Entry& entry) { return entry.spec.get() == spec; });
  if (found == entries_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found);
  return entries_.front().prompt;
}

std::shared_ptr<const FamilyPrompt> PromptCache::get(const std::shared_ptr<const SchemaSpec>& spec,
                                                     const Compile& compile) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (std::shared_ptr<const FamilyPrompt> known = find(spec.get())) return known;
  }
  std::shared_ptr<const FamilyPrompt> made = compile();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (std::shared_ptr<const FamilyPrompt> known = find(spec.get()))
    return known;  // another thread was faster
  entries_.push_front({spec, made});
  if (entries_.size() > capacity_) entries_.pop_back();
  return made;
}

}  // namespace gliner

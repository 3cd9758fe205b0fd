#pragma once

#include <c10/util/Exception.h>

#include <atomic>
#include <memory>
#include <utility>

#include "nn/graph_capture.h"

namespace gliner {

/// A capture without a card: it keeps the pass, and a replay runs it again. As on a card, what is replayed is
/// the pass of the capture, with everything that it knew then, over what lies in its upload now.
class FakeCapture : public GraphCapture {
 public:
  struct Plan {
    bool refuse = false;
    int good_replays = 1 << 30;  ///< Of each graph.
    bool checks_owner = false;   ///< Two replays at the same time fail.
  };
  FakeCapture() : FakeCapture(Plan()) {}
  explicit FakeCapture(Plan plan) : plan_(plan), busy_(std::make_shared<std::atomic<bool>>(false)) {}

  std::unique_ptr<CapturedGraph> capture(const std::function<void()>& pass) override {
    TORCH_CHECK(!plan_.refuse, "capture refused");
    pass();
    return std::make_unique<Graph>(pass, plan_, busy_);
  }

 private:
  class Graph : public CapturedGraph {
   public:
    Graph(std::function<void()> pass, const Plan& plan, std::shared_ptr<std::atomic<bool>> busy)
        : pass_(std::move(pass)), plan_(plan), busy_(std::move(busy)) {}
    void replay() override {
      TORCH_CHECK(plan_.good_replays-- > 0, "replay refused");
      TORCH_CHECK(!plan_.checks_owner || !busy_->exchange(true), "two graphs of one lane at once");
      pass_();
      *busy_ = false;
    }

   private:
    std::function<void()> pass_;
    Plan plan_;
    std::shared_ptr<std::atomic<bool>> busy_;
  };

  Plan plan_;
  std::shared_ptr<std::atomic<bool>> busy_;  // Of all graphs: they share memory.
};

}  // namespace gliner

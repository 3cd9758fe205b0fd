#pragma once

#include <gtest/gtest.h>

#include <string>

#include "../io/test_files.h"
#include "gliner/error.h"

namespace gliner::testing {

/// The message with which `parse(json, "config.json")` refuses this text; a test failure when it does not.
template <typename Parse>
std::string refusal(Parse parse, const std::string& json) {
  try {
    parse(json, "config.json");
    ADD_FAILURE() << "accepted: " << json;
  } catch (const ModelError& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.rfind("config.json", 0), 0u) << message;
    return message;
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another kind of exception: " << error.what();
  }
  return {};
}

}  // namespace gliner::testing

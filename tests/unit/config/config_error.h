#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

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

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace gliner::testing

// Reads a recorded stream of fuzz/corpus. Test code only.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace dn::wire::testing {

inline std::vector<std::uint8_t> corpus_file(const std::string& path) {
  std::ifstream file(std::string(DN_SOURCE_DIR) + "/fuzz/corpus/" + path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace dn::wire::testing

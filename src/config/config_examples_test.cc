// Every file of docs/examples/ loads without a problem, and every one is listed on its page.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "config/config_file.h"

namespace dn::config {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::stringstream content;
  content << std::ifstream{path}.rdbuf();
  return content.str();
}

std::vector<std::filesystem::path> example_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(DN_SOURCE_DIR "/docs/examples")) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  return files;
}

TEST(ConfigExamples, LoadWithoutProblems) {
  EXPECT_GE(example_files().size(), 12U);
  for (const auto& file : example_files()) {
    const LoadedConfig loaded = load_config(read_file(file), file.filename().string());
    for (const auto& problem : loaded.problems) ADD_FAILURE() << to_text(problem);
    EXPECT_FALSE(loaded.gateway.inside.empty()) << file;
  }
}

TEST(ConfigExamples, AreListedOnTheirPage) {
  const std::string page = read_file(DN_SOURCE_DIR "/docs/examples/README.md");
  for (const auto& file : example_files()) {
    EXPECT_TRUE(page.contains("(" + file.filename().string() + ")")) << file;
  }
}

// The example at the head of the manual page is a file too.
TEST(ConfigExamples, TheManualPageBeginsWithAGoodFile) {
  const std::string page = read_file(DN_SOURCE_DIR "/docs/configuration.md");
  const std::string fence = "```toml\n";
  const std::size_t begin = page.find(fence) + fence.size();
  const std::string text = page.substr(begin, page.find("```", begin) - begin);
  EXPECT_TRUE(load_config(text, "f").problems.empty());
  EXPECT_EQ(load_config(text, "f").policy.groups.size(), 1U);
}

}  // namespace
}  // namespace dn::config

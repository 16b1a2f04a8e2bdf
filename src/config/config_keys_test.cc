// The table of keys against the reader, the defaults and the reference page.
#include "config/config_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "config/config_file.h"

namespace dn::config {
namespace {

constexpr std::string_view kBegin = "<!-- reference: begin -->\n";
constexpr std::string_view kEnd = "<!-- reference: end -->\n";
constexpr std::string_view kPage = DN_SOURCE_DIR "/docs/configuration.md";

bool is_toml(std::string_view fallback) {
  return !fallback.empty() && (fallback.front() == '"' || fallback.front() == '[' ||
                               fallback.find(' ') == std::string_view::npos);
}

std::string default_lines(Section section) {
  std::string lines;
  for (const auto& key : kKeys) {
    if (key.section == section && is_toml(key.fallback)) {
      lines += std::string(key.name) + " = " + std::string(key.fallback) + "\n";
    }
  }
  return lines;
}

TEST(ConfigKeys, DefaultsOfTheTableAreThoseOfTheProgram) {
  const std::string interfaces = "[gateway]\ninside = [\"a\"]\noutside = \"b\"\n";
  const std::string text = interfaces + default_lines(Section::Gateway) + "[dns]\n" +
                           default_lines(Section::Dns) + "[api]\n" + default_lines(Section::Api) +
                           "[preferences]\n" + default_lines(Section::Preferences);
  const LoadedConfig written = load_config(text, "f");
  const LoadedConfig absent = load_config(interfaces, "f");
  ASSERT_TRUE(written.problems.empty()) << to_text(written.problems.front());
  EXPECT_EQ(written.gateway, absent.gateway);
  const auto& a = written.policy.preferences;
  const auto& b = absent.policy.preferences;
  EXPECT_EQ(a.wildcard_exposure, b.wildcard_exposure);
  EXPECT_EQ(a.flow_log_verbosity, b.flow_log_verbosity);
  EXPECT_EQ(a.see_thru, b.see_thru);
  EXPECT_EQ(a.x509_crls, b.x509_crls);
}

TEST(ConfigKeys, DefaultsOfTheCloudAreThoseOfTheProgram) {
  const std::string gateway = "[gateway]\nsource = \"aws\"\ninside = [\"a\"]\noutside = \"b\"\n";
  const LoadedConfig written = load_config(gateway + "[aws]\n" + default_lines(Section::Aws), "f");
  const LoadedConfig absent = load_config(gateway, "f");
  ASSERT_TRUE(written.problems.empty()) << to_text(written.problems.front());
  EXPECT_EQ(written.gateway, absent.gateway);
}

TEST(ConfigKeys, DefaultsOfRulesAreThoseOfTheProgram) {
  const auto rule_of = [](const std::string& lines) {
    const std::string text =
        "[gateway]\ninside = [\"a\"]\noutside = \"b\"\n[[group]]\ngid = \"g\"\n[[group.egress]]\n"
        "description = \"x\"\n" +
        lines + "[[client]]\naddress = \"10.0.0.1\"\ngroups = [\"g\"]\n";
    return load_config(text, "f").policy.groups.at(0).egress.at(0);
  };
  const auto written = rule_of(default_lines(Section::Egress));
  const auto absent = rule_of("");
  EXPECT_EQ(written.ip_protocol, absent.ip_protocol);
  EXPECT_EQ(written.from_port, absent.from_port);
  EXPECT_EQ(written.to_port, absent.to_port);
}

// A key that the table names and the reader forgot would be accepted and ignored: give each key a
// value that is wrong for all of them, and see that it is noticed.
TEST(ConfigKeys, TheReaderKnowsEveryKeyOfTheTable) {
  for (const auto& key : kKeys) {
    if (key.section == Section::Egress || key.name == "egress") continue;
    const std::string header(kSections[static_cast<std::size_t>(key.section)].header);
    const std::string text = header + "\n" + std::string(key.name) + " = 00:00:01\n";
    const LoadedConfig loaded = load_config(text, "f");
    const std::string want = "\"" + std::string(key.name) + "\" is a time";
    EXPECT_TRUE(std::ranges::any_of(loaded.problems, [&](const auto& problem) {
      return problem.what == want;
    })) << text;
  }
}

TEST(ConfigKeys, TheReferencePageIsMadeFromTheTable) {
  std::stringstream content;
  content << std::ifstream{std::string(kPage)}.rdbuf();
  std::string page = content.str();
  const std::size_t begin = page.find(kBegin);
  const std::size_t end = page.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const std::size_t start = begin + kBegin.size();
  const std::string want = "\n" + format_key_reference();
  if (std::getenv("DN_UPDATE") != nullptr) {
    page.replace(start, end - start, want);
    std::ofstream{std::string(kPage)} << page;
    return;
  }
  EXPECT_EQ(page.substr(start, end - start), want) << "run DN_UPDATE=1 config_test";
}

}  // namespace
}  // namespace dn::config

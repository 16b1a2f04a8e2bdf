// Tests of ruleset.h: the whole script against golden files, and what must never be in it.
//
// DN_UPDATE=1 in the environment rewrites the golden files; review the difference.
#include "netfilter/ruleset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace dn::netfilter {
namespace {

using testing::HasSubstr;
using testing::Not;

RulesetSettings one_interface() {
  return {.inside = {"lan0"},
          .outside = "wan0",
          .queue_base = 1040,
          .queues = 2,
          .health_port = 1042,
          .local_services = {{LocalService::Transport::Udp, 53},
                             {LocalService::Transport::Tcp, 53},
                             {LocalService::Transport::Udp, 67}},
          .allow_private_destinations = false,
          .revision = 7};
}

void expect_golden(const std::string& name, const std::string& got) {
  const std::string file = std::string(DN_SOURCE_DIR) + "/tests/golden/netfilter/" + name;
  if (std::getenv("DN_UPDATE") != nullptr) std::ofstream(file) << got;
  std::ifstream input(file);
  std::stringstream want;
  want << input.rdbuf();
  EXPECT_EQ(got, want.str()) << file;
}

TEST(Ruleset, NativeFormIsGolden) {
  expect_golden("native.nft", format_ruleset(one_interface(), QueueForm::Native));
}

TEST(Ruleset, XtFormIsGolden) {
  RulesetSettings settings = one_interface();
  settings.inside = {"lan0", "lan1.7"};
  settings.queues = 1;
  settings.local_services = {};
  settings.allow_private_destinations = true;
  expect_golden("xt.nft", format_ruleset(settings, QueueForm::Xt));
}

TEST(Ruleset, XtFormIsTheNativeFormWithoutItsTwoQueueRules) {
  const std::string rule = "    meta mark & 0x10 == 0x10 counter queue num 1040-1041\n";
  std::string native = format_ruleset(one_interface(), QueueForm::Native);
  for (int table = 0; table < 2; ++table) {
    const std::size_t at = native.find(rule);
    ASSERT_NE(at, std::string::npos);
    native.erase(at, rule.size());
  }
  EXPECT_EQ(native, format_ruleset(one_interface(), QueueForm::Xt));
}

TEST(Ruleset, OneQueueIsWrittenAsANumber) {
  RulesetSettings settings = one_interface();
  settings.queues = 1;
  EXPECT_THAT(format_ruleset(settings, QueueForm::Native), HasSubstr("queue num 1040\n"));
}

TEST(Ruleset, NeverFailsOpen) {
  for (const QueueForm form : {QueueForm::Native, QueueForm::Xt}) {
    const std::string script = format_ruleset(one_interface(), form);
    EXPECT_THAT(script, Not(HasSubstr("bypass")));
    EXPECT_THAT(script, Not(HasSubstr("flush")));
    EXPECT_THAT(script, HasSubstr("type filter hook forward priority filter; policy drop;"));
  }
}

TEST(Ruleset, PrivateUseIsSpecialUnlessAllowed) {
  RulesetSettings settings = one_interface();
  EXPECT_THAT(format_ruleset(settings, QueueForm::Native), HasSubstr(" 192.168.0.0/16"));
  settings.allow_private_destinations = true;
  const std::string script = format_ruleset(settings, QueueForm::Native);
  for (const auto& special : special_prefixes()) {
    const auto text = " " + to_text(special.prefix);
    if (special.private_use) {
      EXPECT_THAT(script, Not(HasSubstr(text)));
    } else {
      EXPECT_THAT(script, HasSubstr(text));
    }
  }
}

TEST(Ruleset, RefusesSettingsThatDoNotBelongInAScript) {
  struct Case {
    const char* name;
    RulesetSettings settings;
    const char* want;
  };
  const auto with = [](auto change) {
    RulesetSettings settings = one_interface();
    change(settings);
    return settings;
  };
  const Case cases[] = {
      {"none inside", with([](auto& s) { s.inside.clear(); }), "at least one interface"},
      {"empty", with([](auto& s) { s.outside = ""; }), "not an interface name"},
      {"quote", with([](auto& s) { s.inside = {"a\" accept #"}; }), "not an interface name"},
      {"wildcard", with([](auto& s) { s.inside = {"lan*"}; }), "not an interface name"},
      {"line break", with([](auto& s) { s.outside = "a\nb"; }), "not an interface name"},
      {"sixteen", with([](auto& s) { s.outside = "abcdefghijklmnop"; }), "at most 15"},
      {"two dots", with([](auto& s) { s.outside = ".."; }), "not an interface name"},
      {"twice", with([](auto& s) { s.inside = {"lan0", "lan0"}; }), "\"lan0\" is named twice"},
      {"both", with([](auto& s) { s.outside = "lan0"; }), "inside and outside are different"},
      {"no queue", with([](auto& s) { s.queues = 0; }), "queues: at least one"},
      {"past the end", with([](auto& s) { s.queue_base = 65535; }), "at most 65535"},
  };
  for (const auto& c : cases) {
    const auto got = check_settings(c.settings);
    ASSERT_FALSE(got) << c.name;
    EXPECT_THAT(got.error().message, HasSubstr(c.want)) << c.name;
  }
  EXPECT_TRUE(check_settings(one_interface()));
  EXPECT_TRUE(check_settings(with([](auto& s) { s.queue_base = 65534; })));
}

}  // namespace
}  // namespace dn::netfilter

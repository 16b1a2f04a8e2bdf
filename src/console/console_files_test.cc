#include "console/console_files.h"

#include <gtest/gtest.h>

namespace dn::console {
namespace {

constexpr std::string_view kBundle =
    R"([{"path":"/index.html","type":"text/html","immutable":false,"plain":[0,5],"brotli":[5,3]},)"
    R"({"path":"/a.js","type":"text/javascript","immutable":true,"plain":[8,2],"brotli":[10,0]}])"
    "\nhelloBR!js";

TEST(ConsoleFiles, FindsAFileByItsExactPathInBothForms) {
  const auto files = ConsoleFiles::parse(kBundle);
  ASSERT_TRUE(files.has_value()) << files.error().message;
  const ConsoleFile* page = files->find("/index.html");
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->plain, "hello");
  EXPECT_EQ(page->brotli, "BR!");
  EXPECT_FALSE(page->immutable);
  ASSERT_NE(files->find("/a.js"), nullptr);
  EXPECT_TRUE(files->find("/a.js")->immutable);
  for (const std::string_view path :
       {"", "/", "/index.htm", "/INDEX.HTML", "//index.html", "/./index.html", "/x/../index.html",
        "/%69ndex.html", "/index.html/", "../index.html"}) {
    EXPECT_EQ(files->find(path), nullptr) << path;
  }
}

TEST(ConsoleFiles, ABuildWithoutConsoleHasNoFiles) {
  const auto files = ConsoleFiles::parse("");
  ASSERT_TRUE(files.has_value());
  EXPECT_TRUE(files->empty());
}

TEST(ConsoleFiles, RefusesABundleThatPointsBeyondItself) {
  const std::string good(kBundle);
  EXPECT_TRUE(ConsoleFiles::parse(good).has_value());
  for (const std::string& bad :
       {good.substr(0, good.size() - 1), std::string("[]"), std::string("{}\n"),
        std::string("[1]\nx"), std::string("nothing\n"),
        std::string(R"([{"path":"/a","type":"t","immutable":true,"plain":[-1,2],"brotli":[0,0]}])"
                    "\nabc"),
        std::string(R"([{"path":"/a","type":"t","immutable":true,"plain":[0,4],"brotli":[0,0]}])"
                    "\nabc"),
        std::string(R"([{"path":"/a","type":"t","plain":[0,1],"brotli":[0,0]}])"
                    "\nabc")}) {
    EXPECT_FALSE(ConsoleFiles::parse(bad).has_value()) << bad;
  }
}

TEST(ConsoleFiles, TheProgramHoldsItsOwnPages) {
  const ConsoleFiles files = ConsoleFiles::built_in();
  if (files.empty()) GTEST_SKIP() << "built without a console";
  const ConsoleFile* page = files.find("/index.html");
  ASSERT_NE(page, nullptr);
  EXPECT_NE(page->plain.find("<!doctype html>"), std::string_view::npos);
  EXPECT_LT(page->brotli.size(), page->plain.size());
}

}  // namespace
}  // namespace dn::console

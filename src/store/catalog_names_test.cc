#include "store/catalog_names.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace dn::store {
namespace {

TEST(CatalogNames, EncodesWhatCouldMeanSomethingToAFileSystem) {
  const struct {
    std::string_view name, want;
  } cases[] = {
      {"DiscrimiNAT", "DiscrimiNAT"},
      {"flow-1_2.log", "flow-1_2.log"},
      {"/aws/lambda/f", "%2Faws%2Flambda%2Ff"},
      {".", "%2E"},
      {"..", "%2E."},
      {"../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"},
      {".group.json", "%2Egroup.json"},
      {".deleted-1", "%2Edeleted-1"},
      {"100%", "100%25"},
      {"a b", "a%20b"},
      {"[$LATEST]", "%5B%24LATEST%5D"},
      {std::string_view("\0\n", 2), "%00%0A"},
      {"\xC3\xA9", "%C3%A9"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(encode_directory_name(c.name), c.want);
    EXPECT_EQ(decode_directory_name(c.want), c.name);
  }
}

TEST(CatalogNames, RefusesDirectoriesThatAreNotOurs) {
  for (const std::string_view directory :
       {"", ".", "..", ".hidden", "%2e", "%41", "%", "%2", "%zz", "a b", "a/b", "%~", "\xC3\xA9"}) {
    EXPECT_FALSE(decode_directory_name(directory)) << directory;
  }
}

TEST(CatalogNames, GivesEveryNameADirectoryOfItsOwnWithinALimit) {
  std::set<std::string> names, directories;
  std::mt19937 random(13);
  for (int i = 0; i < 5000; ++i) {
    std::string name(1 + random() % 5, '\0');
    for (char& c : name) c = "./%~aA\0\xff"[random() % 8];
    names.insert(name);
  }
  for (const std::size_t length : {66UL, 67UL, 199UL, 200UL, 201UL, 512UL, kNameBytesMax}) {
    for (const char c : {'a', '/', '%'}) {
      names.emplace(length, c);
      std::string other(length, c);
      other.back() = 'b';
      names.insert(other);
      names.insert("x" + other.substr(1));
    }
  }
  for (const std::string& name : names) {
    const std::string directory = encode_directory_name(name);
    directories.insert(directory);
    EXPECT_LE(directory.size(), kDirectoryNameMax);
    EXPECT_FALSE(directory.starts_with('.'));
    EXPECT_EQ(directory.find_first_of(std::string_view("/\0", 2)), std::string::npos);
    const auto decoded = decode_directory_name(directory);
    EXPECT_EQ(decoded.has_value(), !is_cut_directory_name(directory));
    if (decoded) {
      EXPECT_EQ(*decoded, name);
    }
  }
  EXPECT_EQ(directories.size(), names.size());
}

TEST(CatalogRecord, ReadsBackWhatItWrites) {
  for (const std::string& name : {std::string("a"), std::string("\"\\\n\0\xff\xC3\xA9", 7),
                                  std::string(kNameBytesMax, '\xff')}) {
    for (const std::optional<int> days :
         {std::optional<int>(), std::optional(1), std::optional(3653)}) {
      CatalogRecord record;
      record.name = name;
      record.created = 1'795'317'300'123;
      record.retention_days = days;
      const std::string text = format_record(record);
      EXPECT_TRUE(text.ends_with("}\n"));
      const auto read = parse_record(text);
      ASSERT_TRUE(read) << text;
      EXPECT_EQ(read->name, name);
      EXPECT_EQ(read->created, record.created);
      EXPECT_EQ(read->retention_days, days);
    }
  }
}

TEST(CatalogRecord, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "{}", "{\"name\":\"a\"}\n", "{\"name\":\"a\",\"created\":1}",
        "{\"name\":\"a\",\"created\":1}\n\n", "{\"name\":\"\",\"created\":1}\n",
        "{\"name\":\"a\",\"created\":x}\n", "{\"name\":\"a\\q\",\"created\":1}\n",
        "{\"name\":\"a,\"created\":1}\n", "{\"name\":\"a\",\"created\":1,\"retention_days\":0}\n",
        "{\"name\":\"a\",\"created\":1,\"retention_days\":}\n",
        "{\"name\":\"a\",\"created\":1,\"retention_days\":99999999999}\n"}) {
    EXPECT_FALSE(parse_record(text)) << text;
  }
}

TEST(StreamId, TellsGroupAndStreamApart) {
  EXPECT_NE(stream_id("a", "bc"), stream_id("ab", "c"));
  EXPECT_NE(stream_id("a", "b"), stream_id("b", "a"));
  EXPECT_EQ(stream_id("DiscrimiNAT", "flow"), 0x4113b812f0511a4fULL)
      << "it stands in keys: never change it";
}

}  // namespace
}  // namespace dn::store

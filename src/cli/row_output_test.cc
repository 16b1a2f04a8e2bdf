// Rows with missing cells in three forms, and hostile text in them.
#include "cli/row_output.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

namespace dn::cli {
namespace {

const std::vector<OutputRow> kRows = {
    {{"dhost", "a.example"}, {"n", "3"}, {"@ptr", "p1"}},
    {{"dhost", "b, \"b\".example"}, {"proto", "tls"}, {"n", "12"}},
    {{"src", "10.0.0.1"}, {"dhost", "c"}},
};

template <class Print>
std::string printed(Print print) {
  std::ostringstream out;
  print(out);
  return out.str();
}

TEST(RowOutput, AlignsATable) {
  EXPECT_EQ(printed([](auto& out) { print_table_rows(kRows, out, false); }),
            "src       dhost           proto  n\n"
            "          a.example              3\n"
            "          b, \"b\".example  tls    12\n"
            "10.0.0.1  c                      \n");
  EXPECT_EQ(printed([](auto& out) { print_table_rows({}, out, false); }), "");
}

TEST(RowOutput, WritesCsvAsRfc4180Says) {
  EXPECT_EQ(printed([](auto& out) { print_csv_rows(kRows, out); }),
            "src,dhost,proto,n\r\n"
            ",a.example,,3\r\n"
            ",\"b, \"\"b\"\".example\",tls,12\r\n"
            "10.0.0.1,c,,\r\n");
  EXPECT_EQ(printed([](auto& out) { print_csv_rows({}, out); }), "");
}

TEST(RowOutput, WritesJsonWithEveryCell) {
  EXPECT_EQ(printed([](auto& out) { print_json_rows(kRows, out); }),
            R"([
{"dhost": "a.example", "n": "3", "@ptr": "p1"},
{"dhost": "b, \"b\".example", "proto": "tls", "n": "12"},
{"src": "10.0.0.1", "dhost": "c"}
]
)");
  EXPECT_EQ(printed([](auto& out) { print_json_rows({}, out); }), "[]\n");
}

TEST(RowOutput, NeverLetsControlCharactersThrough) {
  std::string hostile;
  for (int c = 0; c < 256; ++c) hostile += static_cast<char>(c);
  hostile += "\xc2\x9b[2J\xe2\x80\xae";
  const std::vector<OutputRow> rows = {{{hostile, hostile}, {"b", hostile}}};
  for (const std::string& text : {printed([&](auto& out) { print_table_rows(rows, out, true); }),
                                  printed([&](auto& out) { print_csv_rows(rows, out); }),
                                  printed([&](auto& out) { print_json_rows(rows, out); })}) {
    for (const char c : text) {
      EXPECT_TRUE(c == '\n' || c == '\r' || (c >= 0x20 && c != 0x7f) || c < 0) << int{c};
    }
    EXPECT_FALSE(text.contains("\xc2\x9b"));
    EXPECT_FALSE(text.contains("\xe2\x80\xae"));
  }
}

TEST(RowOutput, KeepsLongCellsWholeInJson) {
  const std::string text = std::string(3000, 'x') + "ß\n" + std::string(3000, 'y');
  const std::string whole =
      printed([&](auto& out) { print_json_rows({{{"@message", text}}}, out); });
  const auto value = boost::json::parse(whole);
  EXPECT_EQ(value.at(0).at("@message").as_string(), text);
}

TEST(RowOutput, LimitsItsColumns) {
  OutputRow row;
  for (std::size_t i = 0; i < kColumnsMax + 5; ++i) row.emplace_back("c" + std::to_string(i), "1");
  const std::string whole = printed([&](auto& out) { print_csv_rows({row}, out); });
  EXPECT_TRUE(whole.contains(",c999\r\n")) << whole.substr(whole.size() - 100);
}

}  // namespace
}  // namespace dn::cli

// Prints the parts of the reference pages that are made from tables of the code.
//
// Each part follows a line "@@ NAME"; scripts/generate-docs puts it between the marks of that name
// in docs/, and compares in the tests. A new part needs a table, a function here, and the two marks
// in a page.
#include <cstdio>
#include <initializer_list>
#include <span>
#include <string_view>

#include "base/limits.h"
#include "base/reason.h"
#include "metrics/cloudwatch_table.h"
#include "records/record_fields.h"

namespace {

static_assert(dn::limits::kLogFieldBytesMax == 1024, "docs/logs.md says so");
static_assert(dn::limits::kLogQueueBytesMax / 2 == 32UL << 20U, "docs/logs.md says so");

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_row(std::initializer_list<std::string_view> cells) {
  for (const std::string_view cell : cells) {
    print("| ");
    print(cell);
    print(" ");
  }
  print("|\n");
}

void print_fields(std::string_view name, std::span<const dn::records::FieldRow> fields) {
  print("@@ ");
  print(name);
  print("\n| field | type | present | meaning |\n|---|---|---|---|\n");
  for (const auto& row : fields) {
    print("| `");
    print(row.name);
    print("` ");
    print_row({to_text(row.type), row.when, row.meaning});
  }
}

void print_reasons() {
  print("@@ reasons\n| reason | meaning | integrity |\n|---|---|---|\n");
  for (const auto& row : dn::kReasons) {
    if (row.slug.empty()) continue;
    print("| `");
    print(row.slug);
    print("` ");
    print_row({row.sentence, row.integrity ? "yes" : ""});
  }
}

void print_metrics() {
  print(
      "@@ metrics\n| metric | type | unit | labels | what it is | look for |\n"
      "|---|---|---|---|---|---|\n");
  for (const auto& row : dn::metrics::kMetrics) {
    print("| `");
    print(row.name);
    print("` | ");
    print(to_text(row.type));
    print(" | ");
    print(row.unit);
    print(" | ");
    for (std::size_t i = 0; i < row.label_count(); ++i) {
      print(i == 0 ? "`" : ", `");
      print(row.labels[i]);
      print("`");
    }
    print(" ");
    print_row({row.help, row.watch});
  }
}

void print_cloudwatch_metrics() {
  print("@@ cloudwatch metrics\n| metric | unit | of |\n|---|---|---|\n");
  for (const auto& row : dn::metrics::kCloudwatchMetrics) {
    print("| `");
    print(row.name);
    print("` | ");
    print(row.unit);
    print(" | `");
    print(row.of.name);
    print("`");
    for (std::size_t i = 0; i < row.labels.size(); ++i) {
      if (row.labels[i].empty()) continue;
      print(", ");
      print(row.of.labels[i]);
      print(" `");
      print(row.labels[i]);
      print("`");
    }
    if (row.whole != nullptr) {
      print(", of `");
      print(row.whole->name);
      print("`");
    }
    print(" |\n");
  }
}

}  // namespace

int main() {
  print_fields("flow fields", dn::records::kFlowFields);
  print_fields("config fields", dn::records::kConfigFields);
  print_reasons();
  print_metrics();
  print_cloudwatch_metrics();
}

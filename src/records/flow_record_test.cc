#include "records/flow_record.h"
#include "base/testing/count_allocations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <random>
#include <span>
#include <string>

#include "records/json_text.h"
#include "records/record_fields.h"
#include "records/testing/json_reader.h"

namespace dn::records {
namespace {

using testing::read_json_line;
using testing::value_of;
using namespace std::chrono_literals;

const WallTime kTime =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 3h + 15min + 123ms;

FlowRecord full_flow() {
  FlowRecord record;
  record.time = kTime;
  record.cat = PacketOrigin::Client;
  record.outcome = Outcome::Allowed;
  record.dhost = "api.example.com";
  record.src = {0x0a00010a};
  record.dst = {0xc6336407};
  record.spt = 40000;
  record.dpt = 443;
  record.proto = Protocol::Tls;
  record.proto_v = "1.3";
  record.reason = "policy:sg-web: api.example.com";
  record.pqc = true;
  record.ech = true;
  record.http_method = "GET";
  record.http_path = "/x?y";
  record.http_user_agent = "agent/1";
  record.http_code = 204;
  record.see_thru = SeeThruFields{3, "sg-see", false};
  record.evidence = Evidence::DnsFresh;
  record.held_ms = 12;
  return record;
}

ConfigRecord full_config() {
  ConfigRecord record;
  record.time = kTime;
  record.cat = "addr";
  record.outcome = "rejected";
  record.client = "10.0.1.10";
  record.subnet = "10.0.2.0/24";
  record.gid = "sg-web";
  record.addr = "*.com";
  record.proto = "tls";
  record.thru_date = "2026-12-24";
  record.http_path = "/crl";
  record.reason = "publicsuffix[.]org list matched with `com`";
  return record;
}

template <class Record>
std::string line_of(const Record& record, std::string_view instance = "gw-1") {
  std::string out;
  append_json_line(out, record, instance);
  return out;
}

char letter_of(FieldType type) {
  switch (type) {
    case FieldType::Time:
    case FieldType::Text: return 's';
    case FieldType::Number: return 'n';
    case FieldType::Boolean: break;
  }
  return 'b';
}

template <std::size_t kCount>
void expect_all_fields(const std::string& line, const std::array<FieldRow, kCount>& table) {
  const auto fields = read_json_line(line);
  ASSERT_TRUE(fields.has_value()) << line;
  ASSERT_EQ(fields->size(), table.size()) << line;
  for (std::size_t i = 0; i < table.size(); ++i) {
    EXPECT_EQ((*fields)[i].name, table[i].name);
    EXPECT_EQ((*fields)[i].type, letter_of(table[i].type)) << table[i].name;
  }
}

template <std::size_t kCount>
std::size_t count_always(const std::array<FieldRow, kCount>& table) {
  return static_cast<std::size_t>(
      std::ranges::count_if(table, [](const FieldRow& row) { return row.when == "always"; }));
}

TEST(FlowRecord, FullLineHoldsExactlyTheFieldsOfTheTableInItsOrder) {
  expect_all_fields(line_of(full_flow()), kFlowFields);
}

TEST(ConfigRecord, FullLineHoldsExactlyTheFieldsOfTheTableInItsOrder) {
  expect_all_fields(line_of(full_config()), kConfigFields);
}

TEST(FlowRecord, WritesTheWholeLineAsDocumented) {
  EXPECT_EQ(line_of(full_flow()),
            R"({"time":"2026-11-22T03:15:00.123Z","dhost":"api.example.com","cat":"client",)"
            R"("outcome":"allowed","src":"10.0.1.10","spt":40000,"dst":"198.51.100.7","dpt":443,)"
            R"("proto":"tls","proto_v":"1.3","reason":"policy:sg-web: api.example.com",)"
            R"("instance":"gw-1","pqc":true,"http_method":"GET","http_path":"/x?y",)"
            R"("http_user_agent":"agent/1","http_code":204,"see_thru_days_remaining":3,)"
            R"("see_thru_gid":"sg-see","see_thru_exerted":false,"evidence":"dns-fresh",)"
            R"("held_ms":12,"ech":true})"
            "\n");
}

TEST(FlowRecord, LeavesOutWhatIsAbsent) {
  FlowRecord record;
  record.time = kTime;
  const std::string line = line_of(record);
  EXPECT_EQ(line, R"({"time":"2026-11-22T03:15:00.123Z","dhost":"0.0.0.0","cat":"client",)"
                  R"("outcome":"disallowed","src":"0.0.0.0","spt":0,"dst":"0.0.0.0","dpt":0,)"
                  R"("proto":"unknown","reason":"","instance":"gw-1"})"
                  "\n");
  const auto fields = read_json_line(line);
  ASSERT_TRUE(fields.has_value());
  EXPECT_EQ(fields->size(), count_always(kFlowFields));
}

TEST(ConfigRecord, LeavesOutWhatIsAbsent) {
  ConfigRecord record;
  record.time = kTime;
  record.cat = "self";
  record.outcome = "accepted";
  const std::string line = line_of(record);
  EXPECT_EQ(line, R"({"time":"2026-11-22T03:15:00.123Z","instance":"gw-1","cat":"self",)"
                  R"("outcome":"accepted"})"
                  "\n");
  const auto fields = read_json_line(line);
  ASSERT_TRUE(fields.has_value());
  EXPECT_EQ(fields->size(), count_always(kConfigFields));
}

TEST(FlowRecord, WritesEveryEnumeratorByItsName) {
  const auto field = [](auto change, std::string_view name) {
    FlowRecord record = full_flow();
    change(record);
    const auto fields = read_json_line(line_of(record));
    return fields ? value_of(*fields, name) : std::nullopt;
  };
  const auto evidence = [&](Evidence value) {
    return field([value](FlowRecord& r) { r.evidence = value; }, "evidence");
  };
  EXPECT_EQ(evidence(Evidence::Absent), std::nullopt);
  EXPECT_EQ(evidence(Evidence::Dns), "dns");
  EXPECT_EQ(evidence(Evidence::DnsFresh), "dns-fresh");
  EXPECT_EQ(evidence(Evidence::AddressRule), "address-rule");
  EXPECT_EQ(evidence(Evidence::None), "none");
  EXPECT_EQ(field([](FlowRecord& r) { r.cat = PacketOrigin::Server; }, "cat"), "server");
  EXPECT_EQ(field([](FlowRecord& r) { r.outcome = Outcome::Disallowed; }, "outcome"), "disallowed");
  EXPECT_EQ(field([](FlowRecord& r) { r.proto = Protocol::Ssh; }, "proto"), "ssh");
  EXPECT_EQ(field([](FlowRecord& r) { r.proto = Protocol::Http; }, "proto"), "http");
  EXPECT_EQ(field([](FlowRecord& r) { r.pqc = false; }, "pqc"), "false");
  EXPECT_EQ(field([](FlowRecord& r) { r.ech = false; }, "ech"), std::nullopt);
  EXPECT_EQ(field([](FlowRecord& r) { r.see_thru->exerted = true; }, "see_thru_exerted"), "true");
}

TEST(FlowRecord, WritesTheDestinationWhereThereIsNoName) {
  FlowRecord record = full_flow();
  record.dhost = "";
  EXPECT_EQ(value_of(*read_json_line(line_of(record)), "dhost"), "198.51.100.7");
  record.dst_text = "2001:db8::1";
  record.src_text = "2001:db8::2";
  const auto fields = *read_json_line(line_of(record));
  EXPECT_EQ(value_of(fields, "dhost"), "2001:db8::1");
  EXPECT_EQ(value_of(fields, "dst"), "2001:db8::1");
  EXPECT_EQ(value_of(fields, "src"), "2001:db8::2");
}

TEST(FlowRecord, WritesExtremeNumbers) {
  FlowRecord record = full_flow();
  record.src = {0xffffffff};
  record.spt = 65535;
  record.http_code = -1;
  record.see_thru->days_remaining = std::numeric_limits<int>::min();
  record.held_ms = std::numeric_limits<std::int64_t>::min();
  const auto fields = *read_json_line(line_of(record));
  EXPECT_EQ(value_of(fields, "src"), "255.255.255.255");
  EXPECT_EQ(value_of(fields, "spt"), "65535");
  EXPECT_EQ(value_of(fields, "http_code"), "-1");
  EXPECT_EQ(value_of(fields, "see_thru_days_remaining"), "-2147483648");
  EXPECT_EQ(value_of(fields, "held_ms"), "-9223372036854775808");
}

TEST(FlowRecord, CannotBeForgedByTextFromTheNetwork) {
  FlowRecord record = full_flow();
  record.http_user_agent = "x\",\"outcome\":\"allowed\"}\n{\"time\":\"\xe2\x80\xa8";
  const std::string line = line_of(record);
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  const auto fields = read_json_line(line);
  ASSERT_TRUE(fields.has_value()) << line;
  EXPECT_EQ(fields->size(), kFlowFields.size());
  EXPECT_EQ(value_of(*fields, "http_user_agent"), record.http_user_agent);
}

// Every text at once and at its worst: the computed bound of the line must hold (DN_CHECK aborts
// otherwise).
TEST(FlowRecord, BoundsALineOfOnlyHostileText) {
  for (const char worst : {'\x01', '\xff', '"'}) {
    const std::string text(5000, worst);
    FlowRecord flow = full_flow();
    flow.dhost = flow.src_text = flow.dst_text = flow.proto_v = flow.reason = flow.http_method =
        flow.http_path = flow.http_user_agent = flow.see_thru->gid = text;
    EXPECT_TRUE(read_json_line(line_of(flow, text)).has_value());
    flow.dhost = "";
    EXPECT_TRUE(read_json_line(line_of(flow, text)).has_value());
    ConfigRecord config = full_config();
    config.cat = config.outcome = config.client = config.subnet = config.gid = config.addr =
        config.proto = config.thru_date = config.http_path = config.reason = text;
    EXPECT_TRUE(read_json_line(line_of(config, text)).has_value());
  }
}

TEST(FlowRecord, IsAlwaysOneValidLineWhateverTheBytes) {
  std::mt19937 random(1042);
  const auto bytes = [&random] {
    std::string text(random() % 40, '\0');
    for (char& c : text) c = static_cast<char>(random() & 0xffU);
    return text;
  };
  for (int round = 0; round < 5000; ++round) {
    const std::string dhost = bytes(), reason = bytes(), path = bytes(), agent = bytes();
    FlowRecord record = full_flow();
    record.dhost = dhost;
    record.reason = reason;
    record.http_path = path;
    record.http_user_agent = agent;
    const std::string line = line_of(record);
    ASSERT_TRUE(read_json_line(line).has_value()) << ::testing::PrintToString(line);
    ASSERT_EQ(std::ranges::count(line, '\n'), 1);
  }
}

// The examples of the reference page are lines that the gateway could have written.
TEST(LogsPage, ShowsOnlyLinesWithFieldsOfTheTables) {
  std::ifstream page(DN_SOURCE_DIR "/docs/logs.md");
  int examples = 0;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with('{')) continue;
    ++examples;
    const auto fields = read_json_line(line + "\n");
    ASSERT_TRUE(fields.has_value()) << line;
    const std::span<const FieldRow> table =
        value_of(*fields, "dhost") ? std::span<const FieldRow>(kFlowFields) : kConfigFields;
    auto row = table.begin();
    for (const auto& field : *fields) {
      row = std::find_if(row, table.end(), [&](const FieldRow& r) { return r.name == field.name; });
      ASSERT_NE(row, table.end()) << field.name << " is unknown or out of order: " << line;
    }
  }
  EXPECT_GE(examples, 2);
}

TEST(FlowRecord, AllocatesNothingOnceTheBufferHasGrown) {
  std::string out;
  out.reserve(64UL << 10U);
  const FlowRecord flow = full_flow();
  const ConfigRecord config = full_config();
  const std::size_t before = allocations_for_test;
  for (int line = 0; line < 10; ++line) append_json_line(out, flow, "gw-1");
  append_json_line(out, config, "gw-1");
  EXPECT_EQ(allocations_for_test, before);
}

}  // namespace
}  // namespace dn::records

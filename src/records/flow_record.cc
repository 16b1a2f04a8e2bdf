#include "records/flow_record.h"

#include <algorithm>
#include <array>

#include "records/json_text.h"
#include "records/record_fields.h"

namespace dn::records {
namespace {

// `,"name":`, made at compile time; the first field opens the object instead.
template <const auto& kFields, std::size_t kIndex>
constexpr auto kKey = [] {
  constexpr std::string_view kName = kFields[kIndex].name;
  std::array<char, kName.size() + 4> key{};
  key[0] = kIndex == 0 ? '{' : ',';
  key[1] = '"';
  std::ranges::copy(kName, key.begin() + 2);
  key[key.size() - 2] = '"';
  key[key.size() - 1] = ':';
  return key;
}();

// The place of a field in its table. A name that the table does not have does not compile.
template <std::size_t kCount>
consteval std::size_t place(const std::array<FieldRow, kCount>& fields, std::string_view name) {
  for (std::size_t i = 0; i < kCount; ++i) {
    if (fields[i].name == name) return i;
  }
  throw "no such field";
}
consteval std::size_t flow(std::string_view name) {
  return place(kFlowFields, name);
}
consteval std::size_t config(std::string_view name) {
  return place(kConfigFields, name);
}

// All keys, punctuation, fixed words, numbers and addresses of a line; everything but its texts.
constexpr std::size_t kFixedBytesMax = 1024;

void put_time(BoundedWriter& writer, WallTime time) {
  writer.put('"');
  writer.put_time(time);
  writer.put('"');
}

void put_address(BoundedWriter& writer, Ipv4Address address) {
  writer.put('"');
  for (unsigned shift = 24;; shift -= 8) {
    writer.put_number(address.value >> shift & 0xffU);
    if (shift == 0) break;
    writer.put('.');
  }
  writer.put('"');
}

void put_address(BoundedWriter& writer, Ipv4Address address, std::string_view text) {
  if (text.empty()) return put_address(writer, address);
  writer.put_json_text(text);
}

// One line under construction, over one field table.
template <const auto& kFields>
struct Line {
  BoundedWriter writer;

  template <std::size_t kIndex>
  BoundedWriter& key() {
    constexpr const auto& kText = kKey<kFields, kIndex>;
    writer.put(std::string_view(kText.data(), kText.size()));
    return writer;
  }
  template <std::size_t kIndex>
  void text(std::string_view value) {
    key<kIndex>().put_json_text(value);
  }
  // Words of ours, which need no escape.
  template <std::size_t kIndex>
  void word(std::string_view value) {
    BoundedWriter& to = key<kIndex>();
    to.put('"');
    to.put(value);
    to.put('"');
  }
  template <std::size_t kIndex>
  void text_unless_empty(std::string_view value) {
    if (!value.empty()) text<kIndex>(value);
  }
  template <std::size_t kIndex>
  void number(std::int64_t value) {
    key<kIndex>().put_number(value);
  }
  template <std::size_t kIndex>
  void boolean(bool value) {
    key<kIndex>().put(value ? std::string_view("true") : std::string_view("false"));
  }
};

constexpr std::string_view text_of(Evidence evidence) {
  switch (evidence) {
    case Evidence::Dns: return "dns";
    case Evidence::DnsFresh: return "dns-fresh";
    case Evidence::AddressRule: return "address-rule";
    case Evidence::None: return "none";
    case Evidence::Absent: break;
  }
  return "";
}

// Source, destination, protocol: the fields that every flow line has.
void put_packet(Line<kFlowFields>& line, const FlowRecord& record) {
  put_time(line.key<flow("time")>(), record.time);
  if (record.dhost.empty()) {
    put_address(line.key<flow("dhost")>(), record.dst, record.dst_text);
  } else {
    line.text<flow("dhost")>(record.dhost);
  }
  line.word<flow("cat")>(record.cat == PacketOrigin::Client ? "client" : "server");
  line.word<flow("outcome")>(record.outcome == Outcome::Allowed ? "allowed" : "disallowed");
  put_address(line.key<flow("src")>(), record.src, record.src_text);
  line.number<flow("spt")>(record.spt);
  put_address(line.key<flow("dst")>(), record.dst, record.dst_text);
  line.number<flow("dpt")>(record.dpt);
  line.word<flow("proto")>(to_text(record.proto));
}

void put_flow(Line<kFlowFields>& line, const FlowRecord& record, std::string_view instance) {
  put_packet(line, record);
  line.text_unless_empty<flow("proto_v")>(record.proto_v);
  line.text<flow("reason")>(record.reason);
  line.text<flow("instance")>(instance);
  if (record.pqc) line.boolean<flow("pqc")>(*record.pqc);
  line.text_unless_empty<flow("http_method")>(record.http_method);
  line.text_unless_empty<flow("http_path")>(record.http_path);
  line.text_unless_empty<flow("http_user_agent")>(record.http_user_agent);
  if (record.http_code != 0) line.number<flow("http_code")>(record.http_code);
  if (record.see_thru) {
    line.number<flow("see_thru_days_remaining")>(record.see_thru->days_remaining);
    line.text<flow("see_thru_gid")>(record.see_thru->gid);
    line.boolean<flow("see_thru_exerted")>(record.see_thru->exerted);
  }
  if (record.evidence != Evidence::Absent) line.word<flow("evidence")>(text_of(record.evidence));
  if (record.held_ms) line.number<flow("held_ms")>(*record.held_ms);
  if (record.ech) line.boolean<flow("ech")>(true);
  line.writer.put("}\n");
}

void put_config(Line<kConfigFields>& line, const ConfigRecord& record, std::string_view instance) {
  put_time(line.key<config("time")>(), record.time);
  line.text<config("instance")>(instance);
  line.text<config("cat")>(record.cat);
  line.text<config("outcome")>(record.outcome);
  line.text_unless_empty<config("client")>(record.client);
  line.text_unless_empty<config("subnet")>(record.subnet);
  line.text_unless_empty<config("gid")>(record.gid);
  line.text_unless_empty<config("addr")>(record.addr);
  line.text_unless_empty<config("proto")>(record.proto);
  line.text_unless_empty<config("thru_date")>(record.thru_date);
  line.text_unless_empty<config("http_path")>(record.http_path);
  line.text_unless_empty<config("reason")>(record.reason);
  line.writer.put("}\n");
}

template <const auto& kFields, class Put>
void append_line(std::string& out, std::size_t bytes_max, Put put) {
  const std::size_t start = out.size();
  out.resize_and_overwrite(start + bytes_max, [&](char* begin, std::size_t size) noexcept {
    Line<kFields> line{BoundedWriter(begin + start, size - start)};
    put(line);
    return static_cast<std::size_t>(line.writer.at() - begin);
  });
}

}  // namespace

void append_json_line(std::string& out, const FlowRecord& record, std::string_view instance) {
  std::size_t bytes_max = kFixedBytesMax;
  for (const std::string_view text :
       {record.dhost, record.src_text, record.dst_text, record.dst_text, record.proto_v,
        record.reason, instance, record.http_method, record.http_path, record.http_user_agent,
        record.see_thru ? record.see_thru->gid : std::string_view()}) {
    bytes_max += json_text_bytes_max(text);
  }
  append_line<kFlowFields>(out, bytes_max, [&](auto& line) { put_flow(line, record, instance); });
}

void append_json_line(std::string& out, const ConfigRecord& record, std::string_view instance) {
  std::size_t bytes_max = kFixedBytesMax;
  for (const std::string_view text :
       {instance, record.cat, record.outcome, record.client, record.subnet, record.gid, record.addr,
        record.proto, record.thru_date, record.http_path, record.reason}) {
    bytes_max += json_text_bytes_max(text);
  }
  append_line<kConfigFields>(out, bytes_max,
                             [&](auto& line) { put_config(line, record, instance); });
}

}  // namespace dn::records

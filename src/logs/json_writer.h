// JsonWriter: the JSON text of an answer, written straight through.
//
// Messages are given back byte by byte as they were put. What is not valid UTF-8 (only a file that
// was edited by hand holds such) becomes U+FFFD, because no client could read the whole answer
// otherwise. Callers open and close in order. Covered by json_writer_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace dn::logs {

class JsonWriter {
 public:
  JsonWriter& open_object() { return open('{'); }
  JsonWriter& close_object() { return close('}'); }
  JsonWriter& open_list() { return open('['); }
  JsonWriter& close_list() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::int64_t value);
  JsonWriter& real(std::uint64_t value);  // "3.0": a whole number where the API says double
  JsonWriter& flag(bool value);

  std::size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }

 private:
  JsonWriter& open(char c);
  JsonWriter& close(char c);
  void begin_value();
  void escape(std::string_view value);
  std::string out_;
};

}  // namespace dn::logs

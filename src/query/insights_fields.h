// FieldTable: the discovered fields that a query uses, and how they are read from a message.
//
// Only a message that is one JSON object, whole and valid, has discovered fields. Their names are
// the keys on the way to a value, joined by dots; items of arrays are counted from 0. Strings,
// numbers and booleans are fields; null, objects and arrays are not. Where a name comes twice, also
// by a key that holds a dot, the last one in the message counts. Beyond kDiscoveredFieldsMax values
// nothing is discovered, nor under a name longer than kFieldNameBytesMax. A name that begins with @
// is asked for with one more @.
//
// Reading is one pass over the message for all fields together; keys that nobody asks for cost a
// look-up in a small table. Covered by insights_fields_test.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/insights_value.h"

namespace dn::query::insights {

class JsonIndex;

inline constexpr std::uint32_t kNoSlot = 0xffffffff;

// Keeps the joined name of where a walk through a message is. In the outermost object names are
// borrowed; below it they are put together in a buffer, which is kept for the next message.
class NamePath {
 public:
  void key(std::string_view name);
  void value();  // in front of each value: items of arrays have no key
  void open(bool is_map);
  void close();
  void clear();
  std::string_view name() const { return name_; }  // followed by eight readable bytes

 private:
  struct Level {
    bool is_map;
    std::size_t prefix;  // bytes of the name of the container
    std::uint64_t items;
  };
  void append(std::string_view part);

  std::vector<Level> levels_;
  std::string buffer_;
  std::string_view name_;
};

// Names in the message, each with the slot of a row where its value goes. Filled while a query is
// compiled, then never changed and shared by threads.
class FieldTable {
 public:
  struct Entry {
    std::uint64_t head = 0;  // the first eight bytes
    std::string_view name;
    std::uint32_t slot = kNoSlot;
    bool leads_on = false;  // some other name continues this one by a dot
  };

  FieldTable() = default;
  FieldTable(FieldTable&&) noexcept = default;
  FieldTable& operator=(FieldTable&&) noexcept = default;

  void add(std::string_view name, std::uint32_t slot);
  // Nothing may be added afterwards.
  void seal();

  bool empty() const { return names_.empty(); }
  const std::vector<std::pair<std::string, std::uint32_t>>& names() const { return names_; }
  // `name` is followed by eight readable bytes.
  const Entry* find(std::string_view name) const {
    const std::uint64_t head = head_of(name);
    for (std::size_t at = place(head, name.size());; at = (at + 1) & (entries_.size() - 1)) {
      const Entry& entry = entries_[at];
      if (entry.name.data() == nullptr) return nullptr;
      if (entry.head == head && entry.name.size() == name.size() && entry.name == name) {
        return &entry;
      }
    }
  }

 private:
  static std::uint64_t head_of(std::string_view name);
  std::size_t place(std::uint64_t head, std::size_t size) const {
    return (head ^ size * 0x9E3779B97F4A7C15ULL) * 0xD6E8FEB86659FD93ULL >> shift_;
  }
  void enter(std::string_view name, std::uint32_t slot, bool leads_on);

  std::vector<std::pair<std::string, std::uint32_t>> names_;
  std::vector<Entry> entries_;  // open addressing, a power of two
  unsigned shift_ = 0;
};

// Reads the fields of `table` into `row`, which must be absent at their slots. On a message that is
// no JSON object they stay so. The texts live until the reader's next use and as long as `message`,
// which is followed by kMessagePadding readable bytes.
void read_fields(const FieldTable& table, JsonIndex& json, NamePath& path, std::string_view message,
                 std::span<Value> row);

// All discovered fields of a message, under the names that a query uses for them, in their order.
std::vector<std::pair<std::string, std::string>> all_fields(JsonIndex& json,
                                                            std::string_view message);

// The name inside a message of the field that a query calls `name`; nothing for generated ones.
std::string_view name_in_message(std::string_view name);

}  // namespace dn::query::insights

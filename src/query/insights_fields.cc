#include "query/insights_fields.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <unordered_map>

#include "query/insights_json.h"
#include "query/insights_limits.h"

namespace dn::query::insights {
namespace {

// The whole of a message that has no nesting, which is nearly every one, is read without a path.
class WantedFields {
 public:
  WantedFields(const FieldTable& table, NamePath& path, std::span<Value> row)
      : table_(table),
        row_(row),
        path_(path) {}

  void key(std::string_view name) {
    if (depth_ == 1) {
      entry_ = table_.find(name);
    } else if (ignored_ == 0) {
      path_.key(name);
      entry_ = table_.find(path_.name());
    }
    name_ = name;
  }
  void scalar(const Value& value) {
    if (ignored_ == 0 && depth_ > 1) item();
    if (value.is_absent() || ++fields_ > kDiscoveredFieldsMax) return;
    if (entry_ != nullptr && entry_->slot != kNoSlot) row_[entry_->slot] = value;
  }
  void open(bool map, std::size_t) {
    if (ignored_ == 0 && depth_ > 1) item();
    ++depth_;
    if (depth_ == 1) return;
    if (ignored_ != 0 || entry_ == nullptr || !entry_->leads_on) {
      ++ignored_;
      entry_ = nullptr;
      return;
    }
    if (depth_ == 2) {
      path_.clear();
      path_.open(true);
      path_.key(name_);
    }
    path_.open(map);
    in_map_[depth_ - 1] = map;
  }
  void close(std::size_t) {
    --depth_;
    entry_ = nullptr;
    if (ignored_ != 0) {
      --ignored_;
    } else if (depth_ > 0) {
      path_.close();
    }
  }

 private:
  void item() {
    if (in_map_[depth_ - 1]) return;
    path_.value();
    entry_ = table_.find(path_.name());
  }

  const FieldTable& table_;
  std::span<Value> row_;
  const FieldTable::Entry* entry_ = nullptr;
  std::string_view name_;
  std::size_t depth_ = 0, ignored_ = 0, fields_ = 0;
  std::array<bool, kJsonDepthMax> in_map_;
  NamePath& path_;
};

class AllFields {
 public:
  void key(std::string_view name) { path_.key(name); }
  void scalar(const Value& value) {
    path_.value();
    if (value.is_absent() || ++count_ > kDiscoveredFieldsMax) return;
    if (path_.name().size() > kFieldNameBytesMax) return;
    ShortText room;
    std::string name(path_.name().starts_with('@') ? "@" : "");
    name += path_.name();
    const auto [known, added] = places_.try_emplace(name, fields_.size());
    if (added) fields_.emplace_back(std::move(name), "");
    fields_[known->second].second = shown(value, room);
  }
  void open(bool map, std::size_t) {
    path_.value();
    path_.open(map);
  }
  void close(std::size_t) { path_.close(); }
  std::vector<std::pair<std::string, std::string>> take() { return std::move(fields_); }

 private:
  NamePath path_;
  std::size_t count_ = 0;
  std::vector<std::pair<std::string, std::string>> fields_;
  std::unordered_map<std::string, std::size_t> places_;
};

bool may_be_object(std::string_view message) {
  const std::size_t first = message.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && message[first] == '{';
}

}  // namespace

void NamePath::key(std::string_view name) {
  if (levels_.size() == 1) {
    name_ = name;
  } else {
    append(name);
  }
}

void NamePath::value() {
  if (levels_.empty() || levels_.back().is_map) return;
  std::array<char, 20> digits;
  const auto done =
      std::to_chars(digits.data(), digits.data() + digits.size(), levels_.back().items++);
  append({digits.data(), static_cast<std::size_t>(done.ptr - digits.data())});
}

void NamePath::append(std::string_view part) {
  buffer_.resize(levels_.back().prefix);
  buffer_.push_back('.');
  buffer_.append(part);
  buffer_.reserve(buffer_.size() + sizeof(std::uint64_t));
  name_ = buffer_;
}

void NamePath::open(bool is_map) {
  if (levels_.size() == 1) buffer_.assign(name_);
  levels_.push_back({is_map, buffer_.size(), 0});
}

void NamePath::close() {
  levels_.pop_back();
  if (!levels_.empty()) buffer_.resize(levels_.back().prefix);
}

void NamePath::clear() {
  levels_.clear();
  buffer_.clear();
}

std::uint64_t FieldTable::head_of(std::string_view name) {
  static_assert(std::endian::native == std::endian::little, "the first bytes are the low ones");
  std::uint64_t head = 0;
  std::memcpy(&head, name.data(), sizeof head);
  if (name.size() >= sizeof head) return head;
  return head & ((1ULL << 8 * name.size()) - 1);
}

void FieldTable::add(std::string_view name, std::uint32_t slot) {
  names_.emplace_back(name, slot);
}

void FieldTable::seal() {
  std::size_t count = 0;
  for (const auto& [name, slot] : names_) {
    count += 1 + static_cast<std::size_t>(std::ranges::count(name, '.'));
  }
  const std::size_t size = std::bit_ceil(4 * count + 1);
  entries_.assign(size, {});
  shift_ = static_cast<unsigned>(64 - std::countr_zero(size));
  for (auto& [name, slot] : names_) {
    name.reserve(name.size() + sizeof(std::uint64_t));
    enter(name, slot, false);
    for (std::size_t dot = name.find('.'); dot != std::string::npos;
         dot = name.find('.', dot + 1)) {
      enter(std::string_view(name).substr(0, dot), kNoSlot, true);
    }
  }
}

void FieldTable::enter(std::string_view name, std::uint32_t slot, bool leads_on) {
  const std::uint64_t head = head_of(name);
  std::size_t at = place(head, name.size());
  while (entries_[at].name.data() != nullptr && entries_[at].name != name) {
    at = (at + 1) & (entries_.size() - 1);
  }
  Entry& entry = entries_[at];
  entry.head = head;
  entry.name = name;
  if (slot != kNoSlot) entry.slot = slot;
  entry.leads_on |= leads_on;
}

void read_fields(const FieldTable& table, JsonIndex& json, NamePath& path, std::string_view message,
                 std::span<Value> row) {
  if (!may_be_object(message) || !json.read(message)) return;
  WantedFields fields(table, path, row);
  if (walk_json(json, fields)) return;
  for (const auto& [name, slot] : table.names()) row[slot] = {};
}

std::vector<std::pair<std::string, std::string>> all_fields(JsonIndex& json,
                                                            std::string_view message) {
  AllFields fields;
  if (!may_be_object(message) || !json.read(message) || !walk_json(json, fields)) return {};
  return fields.take();
}

std::string_view name_in_message(std::string_view name) {
  if (!name.starts_with('@')) return name;
  return name.starts_with("@@") ? name.substr(1) : std::string_view();
}

}  // namespace dn::query::insights

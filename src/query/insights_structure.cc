#include "query/insights_structure.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <vector>

#include "query/insights_json.h"

namespace dn::query::insights {
namespace {

struct Nothing {
  void key(std::string_view) {}
  void scalar(const Value&) {}
  void open(bool, std::size_t) {}
  void close(std::size_t) {}
};

// Text and containers are taken out of the reader's memory: the caller reads something else next.
Value kept(const Value& value, TextArena& arena) {
  Value result = value;
  result.text = arena.copy(value.text);
  return arena.exhausted() ? Value{} : result;
}

std::optional<std::uint64_t> index_of(std::string_view step) {
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc() || end != step.data() + step.size()) return std::nullopt;
  return index;
}

// Follows one path through a structure. `way_` counts the open containers that lie on the path, the
// outermost included; the innermost open one is on it when that equals the depth.
class MemberAt {
 public:
  MemberAt(std::string_view text, std::span<const std::string> path) : text_(text), path_(path) {}

  void key(std::string_view name) { here_ = depth_ == way_ && name == path_[way_ - 1]; }
  void scalar(const Value& value) {
    count_item();
    if (here_ && way_ == path_.size()) found_ = value;
    here_ = false;
  }
  void open(bool map, std::size_t at) {
    if (depth_ > 0) count_item();
    ++depth_;
    if (here_ && way_ == path_.size()) {
      taken_depth_ = depth_;
      taken_from_ = at;
    } else if (here_ || depth_ == 1) {
      levels_.push_back({map, 0, index_of(path_[way_])});
      ++way_;
    }
    here_ = false;
  }
  void close(std::size_t end) {
    if (depth_ == taken_depth_) {
      found_ = Value::of_json(text_.substr(taken_from_, end - taken_from_));
      taken_depth_ = 0;
    } else if (depth_ == way_) {
      levels_.pop_back();
      --way_;
    }
    --depth_;
  }
  const Value& found() const { return found_; }

 private:
  struct Level {
    bool is_map;
    std::uint64_t items;
    std::optional<std::uint64_t> wanted;
  };
  void count_item() {
    if (depth_ != way_ || levels_.back().is_map) return;
    here_ = levels_.back().items++ == levels_.back().wanted;
  }

  std::string_view text_;
  std::span<const std::string> path_;
  std::size_t depth_ = 0, way_ = 0, taken_depth_ = 0, taken_from_ = 0;
  bool here_ = false;
  std::vector<Level> levels_;
  Value found_;
};

class Items {
 public:
  Items(std::string_view text, TextArena& arena, std::vector<Value>& into)
      : text_(text),
        arena_(arena),
        into_(into) {}
  void key(std::string_view) {}
  void scalar(const Value& value) {
    if (depth_ == 1) add(value);
  }
  void open(bool, std::size_t at) {
    if (++depth_ == 2) begin_ = at;
  }
  void close(std::size_t end) {
    if (--depth_ == 1) add(Value::of_json(text_.substr(begin_, end - begin_)));
  }

 private:
  // One more than may be used, so that the caller notices.
  void add(const Value& item) {
    if (into_.size() <= kRowsPerEventMax) into_.push_back(kept(item, arena_));
  }

  std::string_view text_;
  TextArena& arena_;
  std::vector<Value>& into_;
  std::size_t depth_ = 0, begin_ = 0;
};

}  // namespace

Value parse_structure(JsonIndex& json, std::string_view text, TextArena& arena) {
  const std::string_view source = arena.copy(text);
  char* const compact = arena.allocate(text.size());
  if (compact == nullptr || arena.exhausted() || !json.read(source)) return {};
  Nothing nothing;
  if (!walk_json(json, nothing)) return {};
  std::size_t size = 0;
  if (simdjson::minify(source.data(), source.size(), compact, size) != simdjson::SUCCESS) return {};
  return Value::of_json({compact, size});
}

Value member_of(JsonIndex& json, const Value& structure, std::span<const std::string> path,
                TextArena& arena) {
  if (structure.kind != Kind::Json || !json.read(structure.text)) return {};
  MemberAt member(structure.text, path);
  if (!walk_json(json, member)) return {};
  return kept(member.found(), arena);
}

void for_each_item(JsonIndex& json, const Value& value, TextArena& arena,
                   const std::function<bool(const Value&)>& visit) {
  if (value.kind != Kind::Json || !value.text.starts_with('[')) {
    visit(value);
    return;
  }
  std::vector<Value> items;
  Items sink(value.text, arena, items);
  if (!json.read(value.text) || !walk_json(json, sink)) return;
  for (const Value& item : items) {
    if (!visit(item)) return;
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

Value to_json_text(const Value& value, TextArena& arena) {
  if (value.is_absent()) return {};
  if (value.kind == Kind::Json) return Value::of_text(value.text);
  ShortText room;
  const std::string_view text = shown(value, room);
  if (value.kind == Kind::Number) return Value::of_text(arena.copy(text));
  std::string quoted;
  append_quoted(quoted, text);
  return Value::of_text(arena.copy(quoted));
}

}  // namespace dn::query::insights

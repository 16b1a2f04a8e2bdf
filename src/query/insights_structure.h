// Lists and maps of Insights: values that jsonParse made, kept as compact JSON text.
//
// A list or map stays text until something is asked of it, so it is copied, kept and shown like
// any other value; each access reads it again, in time linear to its size. Covered by
// tests/query/insights/functions.test and commands.test.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "query/insights_arena.h"
#include "query/insights_value.h"

namespace dn::query::insights {

class JsonIndex;

// The list or map that `text` writes down; absent for anything else.
Value parse_structure(JsonIndex& json, std::string_view text, TextArena& arena);

// The value of a map by key and of a list by index, step by step; absent where there is none. Of a
// key that comes twice the last one counts. null is absent.
Value member_of(JsonIndex& json, const Value& structure, std::span<const std::string> path,
                TextArena& arena);

// Calls `visit` for each item of a list, until it says false. Anything else is its own only item.
void for_each_item(JsonIndex& json, const Value& value, TextArena& arena,
                   const std::function<bool(const Value&)>& visit);

// The value as JSON text: lists and maps as they are, numbers bare, other values as strings.
Value to_json_text(const Value& value, TextArena& arena);

// Appends a JSON string with its quotes.
void append_quoted(std::string& out, std::string_view text);

}  // namespace dn::query::insights

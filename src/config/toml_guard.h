// A look at TOML text before the library reads it: is its shape one that the library survives?
//
// toml++ 3.3 bounds the nesting of arrays and inline tables, but not the depth of dotted keys: a
// header of a million parts becomes a million nested tables, whose destructor runs out of stack. It
// also compares every dotted key with all earlier ones. No key of ours has more than two parts, so
// both are capped far above any use. The scan knows strings and comments, nothing else; on text
// that is valid TOML it agrees with the library, and on other text the library stops before the
// point where they differ. Covered by toml_guard_test.cc, fuzz/config_fuzz.cc.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace dn::config {

inline constexpr std::size_t kKeyPartsMax = 16;
inline constexpr std::size_t kDottedKeysMax = 1000;

struct ShapeProblem {
  std::size_t line = 0;  // from 1
  std::string_view what;
};

// The first place where the text goes beyond a cap; nothing where it does not.
std::optional<ShapeProblem> find_shape_problem(std::string_view toml);

}  // namespace dn::config

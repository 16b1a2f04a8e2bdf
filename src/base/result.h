// Result<T>: the outcome of an operation that can fail for reasons outside this program.
//
// One definition over tl::expected (GCC 12's std::expected has no monadic members). An Error
// carries a short message that tells the reader what happened and, where possible, what to do about
// it. Strange bytes from a peer are not errors: see wire/parse_result.h. Our own mistakes are not
// errors either: see base/check.h.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace dn {

struct Error {
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace dn

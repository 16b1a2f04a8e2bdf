// Counts what a test program allocates, by replacing its allocation functions.
//
// To be included by exactly one file of a program. The functions are not inlined: the compiler
// would take malloc and delete for a mismatch. Left out: aligned and array forms, which call these.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace dn {

inline thread_local std::size_t allocations_for_test = 0;

}  // namespace dn

[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++dn::allocations_for_test;
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) std::abort();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

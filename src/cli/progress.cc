#include "cli/progress.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "base/readable.h"

namespace dn::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kQuietAtFirst = 1s;
constexpr auto kBetweenUpdates = 200ms;
constexpr std::size_t kTextBytesMax = 70;  // a longer line would wrap, and could not be cleared

}  // namespace

Progress::Progress(World& world) : world_(world), next_(world.clock() + kQuietAtFirst) {}

Progress::~Progress() {
  clear();
}

void Progress::update(const std::function<std::string()>& text) {
  if (!world_.err_is_terminal) return;
  const WallTime now = world_.clock();
  if (now < next_) return;
  next_ = now + kBetweenUpdates;
  world_.err << "\r\x1b[K" << printable(text(), kTextBytesMax) << std::flush;
  shown_ = true;
}

void Progress::clear() {
  if (!shown_) return;
  world_.err << "\r\x1b[K" << std::flush;
  shown_ = false;
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"kB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace dn::cli

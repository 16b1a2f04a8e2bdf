#include "logs/block_scan.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace dn::logs {
namespace {

class Walk {
 public:
  Walk(const store::LogCatalog& catalog, std::span<const store::BlockInfo> blocks,
       const BlockScan& scan)
      : catalog_(catalog),
        blocks_(blocks),
        scan_(scan) {}

  void work() {
    try {
      const auto visitor = scan_.make_visitor();
      store::LoadedBlock loaded;
      while (const store::BlockInfo* block = next()) {
        if (catalog_.load(*block, loaded)) visitor->visit(loaded);
      }
      visitor->finish();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      failure_ = std::current_exception();
    }
  }

  std::size_t handed_out() const { return next_; }
  const std::exception_ptr& failure() const { return failure_; }

 private:
  const store::BlockInfo* next() {
    const std::lock_guard lock(mutex_);
    if (ended_ || next_ == blocks_.size()) return nullptr;
    if (!scan_.wants(blocks_[next_])) {
      ended_ = true;
      return nullptr;
    }
    return &blocks_[next_++];
  }

  const store::LogCatalog& catalog_;
  const std::span<const store::BlockInfo> blocks_;
  const BlockScan& scan_;
  std::mutex mutex_;
  std::size_t next_ = 0;
  bool ended_ = false;
  std::exception_ptr failure_;
};

}  // namespace

std::size_t scan_blocks(const store::LogCatalog& catalog, std::span<const store::BlockInfo> blocks,
                        const BlockScan& scan) {
  Walk walk(catalog, blocks, scan);
  {
    std::vector<std::jthread> threads;
    const std::size_t wanted = std::min<std::size_t>(scan.workers, blocks.size());
    for (std::size_t i = 1; i < wanted; ++i) {
      try {
        threads.emplace_back([&walk] { walk.work(); });
      } catch (const std::system_error&) {
        break;  // fewer threads are slower, not wrong
      }
    }
    walk.work();
  }
  if (walk.failure()) std::rethrow_exception(walk.failure());
  return walk.handed_out();
}

}  // namespace dn::logs

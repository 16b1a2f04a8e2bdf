// A walk over many blocks of a LogCatalog by several threads.
//
// Blocks are handed out in the order of the list, one at a time, so all blocks in front of the last
// one handed out have been visited when the walk ends. A block that cannot be loaded (retention
// took it, or it is damaged) is passed over. Memory: one loaded block per thread. Covered by
// event_operations_test.cc and query_jobs_test.cc.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "store/log_catalog.h"

namespace dn::logs {

// One thread's work.
class BlockVisitor {
 public:
  virtual ~BlockVisitor() = default;
  virtual void visit(store::LoadedBlock& block) = 0;
  virtual void finish() {}  // after the thread's last block
};

struct BlockScan {
  unsigned workers = 1;  // the calling thread is one of them
  // Asked before each block is handed out, by one thread at a time; false ends the walk.
  std::function<bool(const store::BlockInfo&)> wants;
  std::function<std::unique_ptr<BlockVisitor>()> make_visitor;
};

// Returns how many blocks were handed out. An exception of a visitor ends the walk and goes on in
// the calling thread.
std::size_t scan_blocks(const store::LogCatalog& catalog, std::span<const store::BlockInfo> blocks,
                        const BlockScan& scan);

}  // namespace dn::logs

// For tests: a LogCatalog in memory, with small blocks and loads that can be held up or fail.
//
// Lines, keys and blocks are as on disk, except that a block holds `block_events` events and a
// segment `segment_events`, so that few events make many of both. Blocks are never left out by
// required values. The group DiscrimiNAT is always there, with the streams flow and config.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "store/log_catalog.h"

namespace dn::logs::testing {

struct MemorySettings {
  std::size_t block_events = 3;
  std::size_t segment_events = 7;
  bool own_streams_taken = false;
};

class MemoryCatalog : public store::LogCatalog {
 public:
  explicit MemoryCatalog(MemorySettings settings = {});

  std::vector<store::GroupInfo> groups() const override;
  store::CatalogResult<std::vector<store::StreamInfo>> streams(
      std::string_view group) const override;
  store::CatalogResult<void> create_group(std::string_view group) override;
  store::CatalogResult<void> create_stream(std::string_view group,
                                           std::string_view stream) override;
  store::CatalogResult<void> delete_group(std::string_view group) override;
  store::CatalogResult<void> delete_stream(std::string_view group,
                                           std::string_view stream) override;
  store::CatalogResult<void> set_retention(std::string_view group,
                                           std::optional<int> days) override;
  store::CatalogResult<std::optional<int>> retention(std::string_view group) const override;
  store::CatalogResult<void> put(std::string_view group, std::string_view stream,
                                 std::span<const store::NewEvent> events,
                                 std::int64_t ingestion) override;
  store::CatalogResult<std::vector<store::BlockInfo>> blocks(
      std::string_view group, std::span<const std::string> streams, store::TimeRange range,
      const records::RequiredValues& required) const override;
  Result<void> load(const store::BlockInfo& block, store::LoadedBlock& into) const override;
  void tidy() override {}
  std::vector<std::string> take_problems() override { return {}; }

  // As the gateway writes its own streams.
  void append_own(std::string_view stream, std::string_view line);

  std::int64_t created = 1'790'000'000'000;  // of all that is created
  bool disk_fails = false;
  std::function<bool(const store::BlockInfo&)> loads;  // asked before each load; false: it fails
  mutable std::atomic<std::size_t> loaded = 0;

 private:
  struct Stream {
    std::uint64_t id = 0;
    std::vector<std::vector<std::string>> segments;  // of lines with their '\n'
    std::int64_t last_ingestion = 0;
  };
  struct Group {
    std::optional<int> retention;
    std::map<std::string, Stream, std::less<>> streams;
  };
  store::CatalogResult<void> find(std::string_view group, std::string_view stream, Stream*& found);
  void append(Stream& stream, std::string line);
  bool is_taken(std::string_view group, std::string_view stream) const;
  template <class Use>
  void each_block(const Stream& stream, Use use) const;

  const MemorySettings settings_;
  mutable std::mutex mutex_;
  std::map<std::string, Group, std::less<>> groups_;
  std::uint64_t next_id_ = 1;
};

}  // namespace dn::logs::testing

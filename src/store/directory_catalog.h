// DirectoryCatalog: the LogCatalog of a directory (log_catalog.h says what and how).
//
// A list of groups and streams, brought up to date from the disk whenever somebody asks for a list
// or for a name that is not there. `structure_` lets one thread at a time change what groups and
// streams there are; `mutex_` guards the list and is never held while a stream's lines are read,
// written or compressed.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/catalog_names.h"
#include "store/catalog_stream.h"
#include "store/log_catalog.h"
#include "store/problem_list.h"

namespace dn::store {

class DirectoryCatalog : public LogCatalog {
 public:
  explicit DirectoryCatalog(CatalogSettings settings);
  Result<void> open();

  std::vector<GroupInfo> groups() const override;
  CatalogResult<std::vector<StreamInfo>> streams(std::string_view group) const override;
  CatalogResult<void> create_group(std::string_view group) override;
  CatalogResult<void> create_stream(std::string_view group, std::string_view stream) override;
  CatalogResult<void> delete_group(std::string_view group) override;
  CatalogResult<void> delete_stream(std::string_view group, std::string_view stream) override;
  CatalogResult<void> set_retention(std::string_view group, std::optional<int> days) override;
  CatalogResult<std::optional<int>> retention(std::string_view group) const override;
  CatalogResult<void> put(std::string_view group, std::string_view stream,
                          std::span<const NewEvent> events, std::int64_t ingestion) override;
  CatalogResult<std::vector<BlockInfo>> blocks(
      std::string_view group, std::span<const std::string> streams, TimeRange range,
      const records::RequiredValues& required) const override;
  Result<void> load(const BlockInfo& block, LoadedBlock& into) const override;
  void tidy() override;
  std::vector<std::string> take_problems() override;

 private:
  using StreamPointer = std::shared_ptr<CatalogStream>;
  struct Group {
    CatalogRecord record;
    std::filesystem::path directory;  // of its streams, but the own ones
    std::map<std::string, StreamPointer, std::less<>> streams;
  };

  // With mutex_ held.
  void look_for_groups() const;
  Group* look_for(std::string_view group) const;
  bool look_for_streams(Group& group) const;
  void add_stream(Group& group, std::string name, std::filesystem::path directory) const;
  void drop_stream(Group& group, const std::string& name) const;
  void drop_group(const std::string& name) const;

  std::filesystem::path groups_directory() const { return settings_.directory / "groups"; }
  std::filesystem::path directory_of(std::string_view group) const;
  std::filesystem::path directory_of(const Group& group, std::string_view stream) const;
  bool is_own(std::string_view group, std::string_view stream) const;
  bool has_own_stream(std::string_view stream) const;
  std::int64_t now_ms() const;
  CatalogResult<void> may_write(std::string_view group, std::string_view stream = {}) const;
  CatalogResult<StreamPointer> find(std::string_view group, std::string_view stream) const;
  CatalogResult<void> remove_stream(std::string_view group, std::string_view stream);
  CatalogResult<void> destroy(StreamPointer stream, bool own);
  std::filesystem::path hidden_name(const std::filesystem::path& beside);
  void remember_open(const StreamPointer& stream);

  const CatalogSettings settings_;
  std::mutex structure_;
  mutable std::mutex mutex_;  // guards what follows
  mutable std::map<std::string, Group, std::less<>> groups_;
  mutable std::unordered_map<std::uint64_t, StreamPointer> by_id_;
  mutable ProblemList problems_;
  std::uint64_t hidden_count_ = 0;  // guarded by structure_
  std::mutex open_mutex_;           // guards open_
  std::list<StreamPointer> open_;   // with a writer, least recently used first
};

}  // namespace dn::store

#include "engine/flow_table.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/limits.h"

namespace dn::engine {
namespace {

// One round of a multiply-xorshift mixer per 64-bit word, keyed at both ends.
constexpr std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 32U;
  value *= 0xD6E8FEB86659FD93ULL;
  value ^= value >> 32U;
  value *= 0xD6E8FEB86659FD93ULL;
  return value ^ value >> 32U;
}

}  // namespace

void copy_version(std::string_view from, VersionText& to) {
  to.fill('\0');
  std::ranges::copy(from.substr(0, to.size() - 1), to.begin());
}

std::size_t FlowTable::KeyHash::operator()(const FlowKey& k) const noexcept {
  const std::uint64_t addresses = std::uint64_t{k.client.value} << 32U | k.server.value;
  const std::uint64_t ports = std::uint64_t{k.client_port} << 16U | k.server_port;
  return mix(mix(addresses ^ key) ^ ports ^ std::rotl(key, 29));
}

FlowTable::FlowTable(std::uint64_t hash_key) : index_(0, KeyHash{hash_key}) {}

std::uint32_t FlowTable::find(const FlowKey& key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? kNoFlow : found->second;
}

std::uint32_t FlowTable::insert(const FlowKey& key) {
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(flows_.size());
    flows_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Flow& flow = flows_[index];
  flow.key = key;
  flow.in_use = true;
  const bool is_new = index_.emplace(key, index).second;
  DN_CHECK(is_new, "the caller looked the key up first");
  ClientLoad& load = clients_[key.client];
  ++load.flows;
  flow.older = load.newest;
  flow.newer = kNoFlow;
  if (load.newest != kNoFlow) flows_[load.newest].newer = index;
  load.newest = index;
  if (load.oldest == kNoFlow) load.oldest = index;
  return index;
}

void FlowTable::erase(std::uint32_t index) {
  Flow& flow = flows_[index];
  DN_CHECK(flow.in_use && flow.timer.slot == kNoFlow, "erased once, with its timer cancelled");
  index_.erase(flow.key);
  const auto client = clients_.find(flow.key.client);
  ClientLoad& load = client->second;
  (flow.older == kNoFlow ? load.oldest : flows_[flow.older].newer) = flow.newer;
  (flow.newer == kNoFlow ? load.newest : flows_[flow.newer].older) = flow.older;
  load.bytes -= flow.charged_bytes;
  held_bytes_ -= flow.charged_bytes;
  if (--load.flows == 0) clients_.erase(client);

  // Buffers that grew are given back; small ones serve the next flow.
  StreamPrefix client_stream = std::move(flow.client);
  StreamPrefix server_stream = std::move(flow.server);
  std::string reason = std::move(flow.reason);
  flow = Flow{};
  client_stream.clear();
  server_stream.clear();
  reason.clear();
  flow.client = std::move(client_stream);
  flow.server = std::move(server_stream);
  flow.reason = std::move(reason);
  free_.push_back(index);
}

bool FlowTable::recount_bytes(std::uint32_t index) {
  Flow& flow = flows_[index];
  const std::size_t bytes = flow.client.memory() + flow.server.memory();
  if (bytes == flow.charged_bytes) return false;
  const bool grew = bytes > flow.charged_bytes;
  ClientLoad& load = clients_[flow.key.client];
  load.bytes += bytes - flow.charged_bytes;
  held_bytes_ += bytes - flow.charged_bytes;
  flow.charged_bytes = bytes;
  return grew;
}

const FlowTable::ClientLoad* FlowTable::heaviest_by_flows() const {
  const ClientLoad* heaviest = nullptr;
  for (const auto& [address, load] : clients_) {
    if (heaviest == nullptr || load.flows > heaviest->flows) heaviest = &load;
  }
  return heaviest;
}

const FlowTable::ClientLoad* FlowTable::heaviest_by_bytes() const {
  const ClientLoad* heaviest = nullptr;
  for (const auto& [address, load] : clients_) {
    if (heaviest == nullptr || load.bytes > heaviest->bytes) heaviest = &load;
  }
  return heaviest;
}

std::uint32_t FlowTable::oldest_with_bytes(const ClientLoad& load) const {
  std::uint32_t index = load.oldest;
  while (index != kNoFlow && flows_[index].charged_bytes == 0) index = flows_[index].newer;
  return index;
}

std::uint32_t FlowTable::find_victim(Ipv4Address client) const {
  const auto own = clients_.find(client);
  if (own != clients_.end()) {
    if (own->second.flows > limits::kFlowsPerClientMax) return own->second.oldest;
    if (own->second.bytes > limits::kHeldBytesPerClientMax) return oldest_with_bytes(own->second);
  }
  if (index_.size() > limits::kFlowsMax) return heaviest_by_flows()->oldest;
  if (held_bytes_ > limits::kHeldBytesMax) return oldest_with_bytes(*heaviest_by_bytes());
  return kNoFlow;
}

}  // namespace dn::engine

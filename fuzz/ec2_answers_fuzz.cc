// The answers of the cloud on arbitrary bytes: as XML of every operation, as an error, as a
// document of credentials. No crash, and what is read is what its type promises.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "aws/ec2_answers.h"
#include "aws/query_client.h"
#include "aws/temporary_credentials.h"
#include "aws/xml.h"
#include "base/check.h"

namespace {

namespace aws = dn::aws;

template <class T>
bool has_duplicates(std::vector<T> items) {
  std::ranges::sort(items);
  return std::ranges::adjacent_find(items) != items.end();
}

void look_at(const aws::NetworkInterface& item) {
  DN_CHECK(!item.id.empty(), "an interface without id is left out");
  DN_CHECK(!has_duplicates(item.addresses) && !has_duplicates(item.prefixes), "each once");
  DN_CHECK(std::ranges::find(item.group_ids, "") == item.group_ids.end(), "groups have ids");
  for (const dn::Ipv4Prefix prefix : item.prefixes) {
    DN_CHECK(prefix.length <= 32 && prefix.contains(prefix.base), "a prefix is one");
  }
}

void look_at(const aws::SecurityGroup& item) {
  DN_CHECK(!item.id.empty(), "a group without id is left out");
  for (const aws::EgressPermission& permission : item.egress) {
    DN_CHECK(permission.from_port <= permission.to_port, "ports are in order");
    DN_CHECK(!permission.ip_protocol.empty(), "a permission has a protocol");
  }
}

void look_at(const aws::ElasticAddress& item) {
  DN_CHECK(!item.allocation_id.empty(), "an address without allocation is left out");
}

template <class Page>
void look_at_page(const Page& page, std::string_view text) {
  if (!page) {
    DN_CHECK(!page.error().message.empty(), "an error says something");
    return;
  }
  for (const auto& item : page->items) look_at(item);
  DN_CHECK(page->items.size() + page->odd_items <= text.size(), "no item without its text");
}

void look_at_beginning(std::string_view text) {
  const std::size_t end = text.rfind("</");
  if (end == std::string_view::npos) return;
  DN_CHECK(!aws::XmlDocument::parse(text.substr(0, end)), "cut short is no document");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  look_at_page(aws::parse_network_interfaces(text), text);
  look_at_page(aws::parse_security_groups(text), text);
  look_at_page(aws::parse_addresses(text), text);
  static_cast<void>(aws::parse_association_id(text));
  static_cast<void>(aws::parse_return(text, "ModifyInstanceAttributeResponse"));
  const auto error = aws::parse_query_error({400, {}, std::string(text)});
  DN_CHECK(!error.message.empty() && error.status == 400, "an error says something");
  const auto credentials = aws::parse_credentials_document(text);
  DN_CHECK(!credentials || !credentials->keys.secret_access_key.empty(), "credentials are whole");
  if (const auto time = aws::parse_iso_time(text)) {
    DN_CHECK(aws::format_amz_date(*time).size() == 16, "a time is one of four-digit years");
  }
  if (aws::XmlDocument::parse(text)) look_at_beginning(text);
  return 0;
}

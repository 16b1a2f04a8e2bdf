// The only file that includes pugixml.
#include "aws/xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <pugixml.hpp>
#include <utility>

namespace dn::aws {
namespace {

// parse_doctype makes a declaration visible, so that it can be refused.
constexpr unsigned kParts =
    pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_doctype;

struct DepthMeter final : pugi::xml_tree_walker {
  bool for_each(pugi::xml_node&) override { return depth() < kXmlDepthMax; }
};

// What a document of these services never is, where it is that.
const char* find_oddity(pugi::xml_document& document) {
  std::size_t roots = 0;
  for (const pugi::xml_node& node : document.children()) {
    if (node.type() == pugi::node_doctype) return "a document type declaration";
    if (node.type() == pugi::node_element) ++roots;
  }
  if (roots != 1) return "not one root element";
  DepthMeter meter;
  return document.traverse(meter) ? nullptr : "elements nested too deep";
}

}  // namespace

bool is_too_large(std::string_view text) {
  return text.size() > kXmlBytesMax || std::ranges::count(text, '<') > std::ptrdiff_t{kXmlTagsMax};
}

std::string_view XmlElement::name() const {
  return pugi::xml_node(node_).name();
}

std::string_view XmlElement::text() const {
  return pugi::xml_node(node_).child_value();
}

XmlElement XmlElement::child(const char* name) const {
  return XmlElement(pugi::xml_node(node_).child(name).internal_object());
}

std::vector<XmlElement> XmlElement::children(const char* name) const {
  std::vector<XmlElement> found;
  for (const pugi::xml_node& node : pugi::xml_node(node_).children(name)) {
    found.emplace_back(node.internal_object());
  }
  return found;
}

Result<XmlDocument> XmlDocument::parse(std::string_view text) {
  if (is_too_large(text)) {
    return fail(
        fmt::format("an XML document of more than {} bytes or {} tags", kXmlBytesMax, kXmlTagsMax));
  }
  // pugixml takes it for the end of the text.
  if (text.contains('\0')) return fail("an XML document with a zero byte");
  auto document = std::make_unique<pugi::xml_document>();
  const pugi::xml_parse_result result =
      document->load_buffer(text.data(), text.size(), kParts, pugi::encoding_utf8);
  if (!result) {
    return fail(fmt::format("no XML document: {} at byte {}", result.description(), result.offset));
  }
  if (const char* oddity = find_oddity(*document)) {
    return fail(fmt::format("an XML document with {}", oddity));
  }
  return XmlDocument(std::move(document));
}

XmlDocument::XmlDocument(std::unique_ptr<pugi::xml_document> document)
    : document_(std::move(document)) {}
XmlDocument::XmlDocument(XmlDocument&&) noexcept = default;
XmlDocument& XmlDocument::operator=(XmlDocument&&) noexcept = default;
XmlDocument::~XmlDocument() = default;

XmlElement XmlDocument::root() const {
  return XmlElement(document_->document_element().internal_object());
}

}  // namespace dn::aws

// XmlDocument: the answers of services with XML, by pugixml: elements, their names and texts.
//
// Extensible Markup Language 1.0, as far as these answers use it. A document type declaration is
// refused, so no entity can be declared or expanded; of references only the five predefined ones
// and characters by number are read. Attributes, comments and processing instructions are passed
// over; prefixes are part of names. UTF-8 is taken as it is and not checked.
//
// | limit | why |
// |---|---|
// | kXmlBytesMax | a page of 1000 interfaces has 2 MB |
// | kXmlTagsMax | "<a>" costs 64 bytes of memory for 3 of text |
// | kXmlDepthMax | the deepest of these answers has 7 levels |
//
// Beyond each the whole document is refused. Covered by xml_test.cc and fuzz/ec2_answers_fuzz.cc.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pugi {
class xml_document;      // NOLINT(readability-identifier-naming): the library's
struct xml_node_struct;  // NOLINT(readability-identifier-naming)
}  // namespace pugi

namespace dn::aws {

inline constexpr std::size_t kXmlBytesMax = 16UL << 20U;
inline constexpr std::size_t kXmlTagsMax = 1'000'000;  // "<" of any kind
inline constexpr int kXmlDepthMax = 32;

// Whether a text is refused for its bytes or tags, whatever they say.
bool is_too_large(std::string_view text);

// Valid as long as its document. An element that is not there has no name, no text, no children.
class XmlElement {
 public:
  XmlElement() = default;
  explicit XmlElement(pugi::xml_node_struct* node) : node_(node) {}

  explicit operator bool() const { return node_ != nullptr; }
  std::string_view name() const;
  std::string_view text() const;             // up to the first element inside
  XmlElement child(const char* name) const;  // the first of that name
  std::string_view text_of(const char* name) const { return child(name).text(); }
  std::vector<XmlElement> children(const char* name) const;

 private:
  pugi::xml_node_struct* node_ = nullptr;
};

class XmlDocument {
 public:
  static Result<XmlDocument> parse(std::string_view text);
  XmlDocument(XmlDocument&&) noexcept;
  XmlDocument& operator=(XmlDocument&&) noexcept;
  ~XmlDocument();

  XmlElement root() const;  // is there

 private:
  explicit XmlDocument(std::unique_ptr<pugi::xml_document> document);
  std::unique_ptr<pugi::xml_document> document_;
};

}  // namespace dn::aws

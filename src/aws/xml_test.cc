#include "aws/xml.h"

#include <gtest/gtest.h>

namespace dn::aws {
namespace {

std::string why_not(std::string_view text) {
  const auto document = XmlDocument::parse(text);
  return document ? "read" : document.error().message;
}

TEST(Xml, HasElementsAndTheirTexts) {
  const auto document = XmlDocument::parse(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x --><R xmlns=\"http://n/\">\n"
      "  <a>1 &lt;&amp;&#x41;&quot; ü</a><s/><l><item>x</item> <odd/><item>y</item></l>\n"
      "  <c><![CDATA[<raw>]]></c></R>\n");
  ASSERT_TRUE(document) << document.error().message;
  const XmlElement root = document->root();
  EXPECT_EQ(root.name(), "R");
  EXPECT_EQ(root.text_of("a"), "1 <&A\" ü");
  EXPECT_EQ(root.text_of("c"), "<raw>");
  EXPECT_EQ(root.text_of("s"), "");
  EXPECT_TRUE(root.child("s"));
  const auto items = root.child("l").children("item");
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].text(), "x");
  EXPECT_EQ(items[1].text(), "y");
}

TEST(Xml, HasNothingBelowWhatIsNotThere) {
  const auto document = XmlDocument::parse("<R/>");
  const XmlElement absent = document->root().child("a").child("b");
  EXPECT_FALSE(absent);
  EXPECT_EQ(absent.name(), "");
  EXPECT_EQ(absent.text(), "");
  EXPECT_TRUE(absent.children("c").empty());
}

TEST(Xml, IsRefusedWithADocumentType) {
  const std::string laughs =
      "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\">"
      "<!ENTITY lol1 \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">"
      "<!ENTITY lol2 \"&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;\">]>"
      "<lolz>&lol2;</lolz>";
  const std::string refused = "an XML document with a document type declaration";
  EXPECT_EQ(why_not(laughs), refused);
  EXPECT_EQ(why_not("<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><r>&x;</r>"), refused);
}

TEST(Xml, ExpandsNoEntity) {
  const auto document = XmlDocument::parse("<r>&lol; &amp;lol;</r>");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().text(), "&lol; &lol;");
}

TEST(Xml, IsRefusedWhereItEndsEarlyOrIsNone) {
  const std::string good = "<R><a>1</a><b x=\"y\"/></R>";
  EXPECT_EQ(why_not(good), "read");
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_NE(why_not(good.substr(0, length)), "read") << length;
  }
  for (const char* text : {"", "text", "{}", "<a></b>", "<a/><b/>", "<a>", "<!-- -->"}) {
    EXPECT_NE(why_not(text), "read") << text;
  }
}

TEST(Xml, IsRefusedWithAZeroByte) {
  EXPECT_EQ(why_not(std::string_view("<R/>\0<R>", 8)), "an XML document with a zero byte");
}

TEST(Xml, HasLimits) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "<a>";
    for (int i = 0; i < depth; ++i) text += "</a>";
    return text;
  };
  EXPECT_EQ(why_not(nested(kXmlDepthMax)), "read");
  EXPECT_EQ(why_not(nested(kXmlDepthMax + 1)), "an XML document with elements nested too deep");
  EXPECT_EQ(why_not(nested(kXmlTagsMax / 2)), "an XML document with elements nested too deep");
  EXPECT_EQ(why_not(nested(kXmlTagsMax / 2 + 1)),
            "an XML document of more than 16777216 bytes or 1000000 tags");
  EXPECT_EQ(why_not("<a>" + std::string(kXmlBytesMax, 'x') + "</a>"),
            "an XML document of more than 16777216 bytes or 1000000 tags");
}

}  // namespace
}  // namespace dn::aws

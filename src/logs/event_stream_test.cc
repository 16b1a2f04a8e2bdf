#include "logs/event_stream.h"

#include <gtest/gtest.h>

namespace dn::logs {
namespace {

TEST(Crc32, AgreesWithTheCheckValueOfItsStandard) {
  EXPECT_EQ(crc32("123456789"), 0xcbf43926U);
  EXPECT_EQ(crc32(""), 0U);
  EXPECT_EQ(crc32(std::string_view("\0\xff", 2)), 0x6cdbfd72U);
}

TEST(Frame, IsWrittenByteByByte) {
  const std::string frame = format_frame(FrameKind::Event, "x", "{}");
  const std::string headers = std::string(
                                  "\x0d:message-type\x07\x00\x05"
                                  "event",
                                  22) +
                              std::string("\x0b:event-type\x07\x00\x01x", 16) +
                              std::string(
                                  "\x0d:content-type\x07\x00\x1a"
                                  "application/x-amz-json-1.1",
                                  43);
  ASSERT_EQ(frame.size(), 12 + headers.size() + 2 + 4);
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
      value = value << 8U | static_cast<unsigned char>(frame[i]);
    }
    return value;
  };
  EXPECT_EQ(number(0), frame.size());
  EXPECT_EQ(number(4), headers.size());
  EXPECT_EQ(number(8), crc32(frame.substr(0, 8)));
  EXPECT_EQ(frame.substr(12, headers.size()), headers);
  EXPECT_EQ(frame.substr(12 + headers.size(), 2), "{}");
  EXPECT_EQ(number(frame.size() - 4), crc32(frame.substr(0, frame.size() - 4)));
}

TEST(Frame, NamesExceptions) {
  const std::string frame = format_frame(FrameKind::Exception, "SessionTimeoutException", "{}");
  EXPECT_NE(frame.find(std::string("\x0d:message-type\x07\x00\x09"
                                   "exception",
                                   26)),
            std::string::npos);
  EXPECT_NE(frame.find("\x0f:exception-type\x07"), std::string::npos);
  EXPECT_NE(frame.find("SessionTimeoutException"), std::string::npos);
}

}  // namespace
}  // namespace dn::logs

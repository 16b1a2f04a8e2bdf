// Certificates with distribution points of all kinds, made here, also by hostile hands.
#include "certificates/crl_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "certificates/testing/authority.h"

namespace dn::certificates {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> texts_of(const Issued& issued) {
  std::vector<std::string> texts;
  for (const HttpUri& uri : read_crl_points(*issued.certificate)) texts.push_back(to_text(uri));
  const auto der = to_der(issued);
  EXPECT_EQ(read_crl_points(ByteSpan(der)).size(),
            der.size() <= kCertificateBytesMax ? texts.size() : 0U);
  return texts;
}

Issued with_points(std::vector<PointDraft> points) {
  return issue({.dns_names = {"api.test"}, .points = std::move(points)});
}

TEST(CrlPoints, AreTheHttpUrisInTheirOrder) {
  EXPECT_THAT(
      texts_of(with_points(points_at({"http://crl4.test/b.crl", "http://crl3.test/a.crl"}))),
      ElementsAre("http://crl4.test/b.crl", "http://crl3.test/a.crl"));
  EXPECT_THAT(texts_of(with_points({{.uris = {"http://one.test/x", "http://two.test/x"}},
                                    {.uris = {"http://one.test/x", "HTTP://three.test:81"}}})),
              ElementsAre("http://one.test/x", "http://two.test/x", "http://three.test:81/"));
}

TEST(CrlPoints, AreNothingElse) {
  EXPECT_THAT(texts_of(issue({})), IsEmpty());
  EXPECT_THAT(texts_of(with_points(points_at({
                  "https://crl.test/a.crl",
                  "ldap:///CN=CA,DC=test?certificateRevocationList?base",
                  "ftp://crl.test/a.crl",
                  "file:///etc/passwd",
                  "a.crl",
                  "",
                  "http://198.51.100.7/a.crl",
                  "http://crl.test/a b.crl",
                  "http://crl.test/a\r\nHost: evil.test",
                  std::string("http://crl.test/\0.evil.test/", 28),
                  "http://crl.test/" + std::string(5000, 'a'),
              }))),
              IsEmpty());
}

TEST(CrlPoints, StandInFullNamesOnly) {
  const std::vector<PointDraft> points = {
      {.uris = {}, .relative_name = "http://relative.test/x"},
      {.uris = {}, .issuer_only = true},
      {.uris = {"http://crl.test/a"},
       .directory_name = "http://directory.test/x",
       .dns_name = "http://dns.test/x"},
      {.uris = {}},
  };
  EXPECT_THAT(texts_of(with_points(points)), ElementsAre("http://crl.test/a"));
}

TEST(CrlPoints, AreNoneInAnExtensionThatCannotBeRead) {
  using Raw = std::vector<unsigned char>;
  for (const Raw& raw : {
           Raw{},
           Raw{0x30, 0x00},  // no point
           Raw{0x30, 0x80},  // without length
           Raw{0x30, 0x84, 0xff, 0xff, 0xff, 0xff},
           Raw{0x31, 0x00},
           Raw{0x30, 0x02, 0x30, 0x01},  // a point that is cut off
           Raw{0x30, 0x02, 0x30, 0x00, 0x00},
           Raw(300, 0x30),
       }) {
    EXPECT_THAT(texts_of(issue({.raw_points = raw})), IsEmpty());
  }
  EXPECT_THAT(texts_of(issue({.raw_points = Raw{0x30, 0x00}, .twice = true})), IsEmpty());
}

TEST(CrlPoints, NestNoDeeperThanTheirGrammar) {
  std::vector<unsigned char> deep;
  for (int i = 0; i < 20'000; ++i) deep.insert(deep.end(), {0x30, 0x80});
  EXPECT_THAT(texts_of(issue({.raw_points = deep})), IsEmpty());
}

TEST(CrlPoints, AreBoundedInNumber) {
  std::vector<std::string> uris;
  for (int i = 0; i < 3000; ++i) uris.push_back("http://crl.test/" + std::to_string(i));
  const auto few = texts_of(with_points(points_at(uris)));
  EXPECT_EQ(few.size(), kCrlsPerCertificateMax);
  EXPECT_EQ(few.back(), "http://crl.test/15");
  EXPECT_EQ(texts_of(with_points({{.uris = uris}})).size(), kCrlsPerCertificateMax);
  // What stands behind too many useless names is not looked for.
  std::vector<PointDraft> useless(kPointNamesReadMax, {.uris = {}, .relative_name = "x"});
  useless.push_back({.uris = {"http://crl.test/late"}});
  EXPECT_THAT(texts_of(with_points(useless)), IsEmpty());
}

TEST(CrlPoints, AreNotReadFromWhatIsNoCertificate) {
  const auto der = to_der(with_points(points_at({"http://crl.test/a"})));
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_THAT(read_crl_points(ByteSpan(der).first(size)), IsEmpty()) << size;
  }
  EXPECT_THAT(read_crl_points(ByteSpan(std::vector<unsigned char>(kCertificateBytesMax + 1))),
              IsEmpty());
}

TEST(CrlPoints, SurviveEveryChangedByte) {
  auto der = to_der(with_points(points_at({"http://crl.test/a", "http://crl.test/b"})));
  for (std::size_t at = 0; at < der.size(); ++at) {
    for (const unsigned char flip : std::vector<unsigned char>{0x01, 0x80, 0xff}) {
      der[at] ^= flip;
      EXPECT_LE(read_crl_points(ByteSpan(der)).size(), 2U);
      der[at] ^= flip;
    }
  }
}

}  // namespace
}  // namespace dn::certificates

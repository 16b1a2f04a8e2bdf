// The probe against servers on the loopback interface: good chains, bad chains, bad servers.
#include "certificates/tls_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "certificates/testing/authority.h"
#include "certificates/testing/tls_server.h"

namespace dn::certificates {
namespace {

using namespace testing;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Status = TlsProbe::Status;

const Issued& root() {
  static const Issued made = issue({.common_name = "root",
                                    .points = points_at({"http://root.test/none.crl"}),
                                    .authority = true});
  return made;
}

const std::string& root_file() {
  static const TemporaryFile file(to_pem(root()));
  return file.path();
}

const TrustStore& trust() {
  static const TrustStore store = TrustStore::load(root_file()).value();
  return store;
}

Issued leaf(const std::vector<std::string>& uris, const Issued* issuer = &root()) {
  return issue({.dns_names = {"api.test"}, .points = points_at(uris)}, issuer);
}

DomainName name(std::string_view text) {
  return DomainName::parse(text).value();
}

// Steps until it is over, with a bound that only a broken test meets.
Status finish(TlsProbe& probe) {
  for (int turns = 0; probe.status() == Status::Waiting && turns < 10'000; ++turns) {
    pollfd polled{probe.fd(), probe.events(), 0};
    if (::poll(&polled, 1, 10'000) <= 0) break;
    probe.step();
  }
  return probe.status();
}

struct Outcome {
  Status status = Status::Waiting;
  std::vector<std::string> crls;
  std::string problem;
};

Outcome probe_server(Port port, std::string_view host = "api.test",
                     const TrustStore& store = trust()) {
  TlsProbe probe(store, name(host), kLoopback, port);
  Outcome outcome;
  outcome.status = finish(probe);
  for (const HttpUri& uri : probe.crls()) outcome.crls.push_back(to_text(uri));
  outcome.problem = probe.problem();
  EXPECT_EQ(outcome.problem.empty(), outcome.status == Status::Done);
  EXPECT_EQ(probe.fd(), -1);
  EXPECT_EQ(probe.step(), outcome.status);
  return outcome;
}

TEST(TlsProbe, ReadsTheListsOfAVerifiedCertificate) {
  TlsServer server(leaf({"http://crl.test/a.crl", "ldap://crl.test/x"}));
  const Outcome outcome = probe_server(server.port());
  EXPECT_EQ(outcome.status, Status::Done) << outcome.problem;
  EXPECT_THAT(outcome.crls, ElementsAre("http://crl.test/a.crl"));
  EXPECT_THAT(server.names(), ElementsAre("api.test"));
}

TEST(TlsProbe, ReadsTheListsOfIntermediatesButNotOfTheRoot) {
  const Issued upper = issue({.common_name = "upper",
                              .points = points_at({"http://crl.test/root.crl"}),
                              .authority = true},
                             &root());
  const Issued lower = issue({.common_name = "lower",
                              .points = points_at({"http://crl.test/upper.crl"}),
                              .authority = true},
                             &upper);
  TlsServer server(leaf({"http://crl.test/lower.crl", "http://crl.test/root.crl"}, &lower),
                   {lower, upper});
  const Outcome outcome = probe_server(server.port());
  EXPECT_THAT(outcome.crls, ElementsAre("http://crl.test/lower.crl", "http://crl.test/root.crl",
                                        "http://crl.test/upper.crl"));
}

// Anybody may send any certificate along; only those that are needed to verify are believed.
TEST(TlsProbe, DoesNotReadCertificatesOutsideTheChain) {
  const Issued stranger = issue(
      {.common_name = "stranger", .points = points_at({"http://evil.test/x"}), .authority = true});
  TlsServer server(leaf({"http://crl.test/a.crl"}), {stranger, root()});
  EXPECT_THAT(probe_server(server.port()).crls, ElementsAre("http://crl.test/a.crl"));
}

TEST(TlsProbe, ReadsACertificateThatIsItsOwnAuthority) {
  const Issued own = issue({.dns_names = {"api.test"}, .points = points_at({"http://crl.test/o"})});
  const TemporaryFile file(to_pem(own));
  TlsServer server(own);
  EXPECT_THAT(probe_server(server.port(), "api.test", TrustStore::load(file.path()).value()).crls,
              ElementsAre("http://crl.test/o"));
}

TEST(TlsProbe, IsDoneWithoutLists) {
  TlsServer server(leaf({}));
  const Outcome outcome = probe_server(server.port());
  EXPECT_EQ(outcome.status, Status::Done);
  EXPECT_THAT(outcome.crls, IsEmpty());
}

TEST(TlsProbe, BelievesNothingThatDoesNotVerify) {
  const std::vector<std::string> uris = {"http://evil.test/x"};
  const Issued stranger = issue({.common_name = "root", .authority = true});
  const Issued hidden = issue({.common_name = "hidden", .authority = true}, &root());
  const Issued no_authority = issue({.common_name = "leaf"}, &root());
  struct Case {
    std::string_view what;
    Issued identity;
    std::vector<Issued> chain;
    std::string_view problem;
  };
  for (const Case& test : {
           Case{"self-signed", leaf(uris, nullptr), {}, "self-signed certificate"},
           Case{"another authority of that name", leaf(uris, &stranger), {stranger}, ""},
           Case{"missing intermediate", leaf(uris, &hidden), {}, "unable to"},
           Case{"signed by a leaf", leaf(uris, &no_authority), {no_authority}, "invalid CA"},
           Case{"expired",
                issue({.dns_names = {"api.test"}, .points = points_at(uris), .days = -1}, &root()),
                {},
                "expired"},
           Case{"another name",
                issue({.dns_names = {"other.test"}, .points = points_at(uris)}, &root()),
                {},
                "hostname mismatch"},
           Case{"a name below",
                issue({.dns_names = {"a.api.test"}, .points = points_at(uris)}, &root()),
                {},
                "hostname mismatch"},
           Case{"part of a label",
                issue({.dns_names = {"a*.test"}, .points = points_at(uris)}, &root()),
                {},
                "hostname mismatch"},
       }) {
    TlsServer server(test.identity, test.chain);
    const Outcome outcome = probe_server(server.port());
    EXPECT_EQ(outcome.status, Status::Failed) << test.what;
    EXPECT_THAT(outcome.crls, IsEmpty()) << test.what;
    EXPECT_THAT(outcome.problem, HasSubstr(test.problem)) << test.what;
  }
}

TEST(TlsProbe, FailsWithServersThatAreNone) {
  const Issued identity = leaf({"http://crl.test/a"});
  const std::vector<std::pair<Manner, std::string_view>> cases = {
      {Manner::OldTls, "version"},
      {Manner::Chatter, "wrong version number"},
      {Manner::Endless, "excessive message size"},
      {Manner::HangsUp, "closed the connection"},
  };
  for (const auto& [manner, problem] : cases) {
    TlsServer server(identity, {}, manner);
    const Outcome outcome = probe_server(server.port());
    EXPECT_EQ(outcome.status, Status::Failed);
    EXPECT_THAT(outcome.problem, HasSubstr(problem));
  }
}

TEST(TlsProbe, TakesNoMoreCertificatesThanItsLimit) {
  std::vector<std::string> uris;
  for (int i = 0; i < 3000; ++i) uris.push_back("http://crl.test/" + std::to_string(i));
  TlsServer server(leaf(uris));
  const Outcome outcome = probe_server(server.port());
  EXPECT_EQ(outcome.status, Status::Failed);
  EXPECT_THAT(outcome.problem, HasSubstr("excessive message size"));
}

TEST(TlsProbe, SaysThatNobodyListens) {
  Port port = 0;
  {
    port = TlsServer(leaf({})).port();
  }
  const Outcome outcome = probe_server(port);
  EXPECT_EQ(outcome.status, Status::Failed);
  EXPECT_THAT(outcome.problem, HasSubstr("cannot connect: Connection refused"));
}

TEST(TlsProbe, WaitsForASilentServerAndMayBeGivenUp) {
  TlsServer server(leaf({}), {}, Manner::Silent);
  TlsProbe probe(trust(), name("api.test"), kLoopback, server.port());
  pollfd polled{probe.fd(), probe.events(), 0};
  ASSERT_EQ(::poll(&polled, 1, 10'000), 1);
  EXPECT_EQ(probe.step(), Status::Waiting);
  EXPECT_EQ(probe.events(), POLLIN);
  EXPECT_EQ(probe.step(), Status::Waiting);
}

TEST(TrustStore, TellsWhatIsWrongWithAFile) {
  const auto missing = TrustStore::load("/nowhere/ca.pem");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("/nowhere/ca.pem: cannot be read"));
  const TemporaryFile empty("no certificate\n");
  EXPECT_FALSE(TrustStore::load(empty.path()));
}

TEST(TrustStore, TakesTheSystemsAuthoritiesByDefault) {
  const auto store = TrustStore::load("");
  ASSERT_TRUE(store);
  TlsServer server(leaf({"http://crl.test/a"}));
  const Outcome outcome = probe_server(server.port(), "api.test", *store);
  EXPECT_EQ(outcome.status, Status::Failed);  // ours is not among them
}

}  // namespace
}  // namespace dn::certificates

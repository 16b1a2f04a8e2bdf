// Where a daemon's credentials come from, and how they are kept fresh.
//
// The chain, first found counts:
//   1. environment and shared files, as aws/credentials.h finds them
//   2. the container's, where AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (at 169.254.170.2) or
//      …_FULL_URI names a place; with the token of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, read
//      anew each time, or AWS_CONTAINER_AUTHORIZATION_TOKEN
//   3. the instance's role, by instance metadata
// What is wrongly configured ends the chain: another identity than the one that was meant would
// do harm. Follows the AWS SDKs and Tools Reference Guide, "Container credential provider" and
// "IMDS credential provider".
//
// Rotation: new ones are asked for 10 minutes before the end of the old ones, a minute sooner or
// later, so that a fleet does not ask at once; after a failure every 30 seconds, and the old ones
// are used on. A service that refuses the old ones as expired makes it ask at once, at most every
// 10 seconds; where that fails, and their end is past by our clock too, they are given up, and why
// there are none is told from then on. No credential stands in a message. Covered by
// credential_source_test.cc.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "aws/credential_provider.h"
#include "aws/credentials.h"
#include "aws/endpoint_url.h"
#include "aws/surroundings.h"
#include "aws/temporary_credentials.h"
#include "base/result.h"

namespace dn::aws {

// Asks once, for at most some seconds. Called by one thread at a time.
using CredentialFetch = std::function<Result<TemporaryCredentials>()>;

// Shared by threads; one that asks makes the others wait for its answer.
class RotatingCredentials final : public CredentialProvider {
 public:
  RotatingCredentials(CredentialFetch fetch, Surroundings surroundings);

  Result<Credentials> current() override;
  bool replace(const Credentials& used) override;

 private:
  void renew(WallTime now);
  WallTime next_after(const TemporaryCredentials& fetched, WallTime now);

  const CredentialFetch fetch_;
  const Surroundings surroundings_;
  std::mutex mutex_;  // guards what follows
  std::optional<TemporaryCredentials> held_;
  std::string why_none_;              // why the last question failed; "" where it did not
  std::optional<WallTime> asked_at_;  // of the last question
  WallTime ask_next_;
};

// The chain above. `profile` as the option --profile gives it, or "".
CredentialFetch credential_chain(Environment environment, std::string profile,
                                 Surroundings surroundings);

// Where a container's credentials are.
struct ContainerPlace {
  EndpointUrl endpoint;
  std::string path;
};

// Nothing where no container is named. A place is https, this host or 169.254.170.2: whoever can
// write a variable must not have our token sent in clear to anybody.
Result<std::optional<ContainerPlace>> find_container(const Environment& environment);

}  // namespace dn::aws

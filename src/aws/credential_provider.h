// CredentialProvider: the credentials of this moment, for whoever signs.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "aws/sigv4.h"
#include "base/result.h"

namespace dn::aws {

// Shared by threads.
class CredentialProvider {
 public:
  virtual ~CredentialProvider() = default;
  // May ask and take seconds. Fails with what to do about it.
  virtual Result<Credentials> current() = 0;
  // A service refused `used` as expired; whether others are there now.
  virtual bool replace(const Credentials& used) = 0;
};

// The same ones for ever.
class FixedCredentials final : public CredentialProvider {
 public:
  explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  Result<Credentials> current() override { return credentials_; }
  bool replace(const Credentials&) override { return false; }

 private:
  const Credentials credentials_;
};

}  // namespace dn::aws

// TemporaryCredentials: credentials with an end, as instance metadata, containers and STS give
// them.
//
// The document of both kinds of metadata: {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}
// and, of an instance, "Code". Nothing of it is repeated in a message. Pure. Covered by
// temporary_credentials_test.cc and fuzz/ec2_answers_fuzz.cc.
#pragma once

#include <optional>
#include <string_view>

#include "aws/sigv4.h"
#include "base/result.h"
#include "base/time.h"

namespace dn::aws {

struct TemporaryCredentials {
  Credentials keys;
  std::optional<WallTime> expiration;  // none: they do not end
};

Result<TemporaryCredentials> parse_credentials_document(std::string_view text);

// "2026-11-22T07:00:00Z", with or without a fraction, which is dropped.
std::optional<WallTime> parse_iso_time(std::string_view text);

}  // namespace dn::aws

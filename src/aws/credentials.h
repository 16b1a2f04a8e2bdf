// Credentials and region as command line tools of the cloud find them.
//
// | first found counts | credentials | region |
// |---|---|---|
// | environment | AWS_ACCESS_KEY_ID, …SECRET_ACCESS_KEY, …SESSION_TOKEN | AWS_REGION |
// | | passed over when a profile is given by option | AWS_DEFAULT_REGION |
// | shared files | the profile in ~/.aws/credentials, | the profile in ~/.aws/config, |
// | | then in ~/.aws/config | then in ~/.aws/credentials |
//
// The profile is the option's, else AWS_PROFILE's, else "default"; AWS_SHARED_CREDENTIALS_FILE and
// AWS_CONFIG_FILE name other files. Profiles that get their credentials elsewhere (roles, SSO,
// programs) are not asked; the error says what to do instead. Nothing found is no error; what a
// daemon asks then stands in credential_source.h. Covered by credentials_test.cc.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aws/sigv4.h"
#include "base/result.h"

namespace dn::aws {

// A variable's value; nothing when it is not set. Empty values count as not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment process_environment();

struct Identity {
  std::optional<Credentials> credentials;
  std::string region;  // "" when none is configured
};

// `profile` as the option --profile gives it, or "".
Result<Identity> find_identity(const Environment& environment, const std::string& profile);

// A shared file's text: profile → key → value. Sections are "[default]", "[name]" and
// "[profile name]"; other sections, nested settings and lines without '=' are passed over. Pure.
using Profiles = std::map<std::string, std::map<std::string, std::string>>;
Profiles parse_profiles(std::string_view text);

}  // namespace dn::aws

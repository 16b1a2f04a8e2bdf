#include "aws/temporary_credentials.h"

#include <algorithm>
#include <string>
#include <utility>

#include "aws/json_fields.h"
#include "base/ascii.h"

namespace dn::aws {

std::optional<WallTime> parse_iso_time(std::string_view text) {
  // "YYYY-MM-DDThh:mm:ss" is the other form with four characters more.
  constexpr std::size_t kSecondsEnd = 19;
  if (text.size() <= kSecondsEnd || !text.ends_with('Z')) return {};
  const std::string_view fraction = text.substr(kSecondsEnd, text.size() - kSecondsEnd - 1);
  if (!fraction.empty() && (fraction[0] != '.' || fraction.size() == 1 || fraction.size() > 10 ||
                            !std::ranges::all_of(fraction.substr(1), is_digit))) {
    return {};
  }
  if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return {};
  std::string basic(text.substr(0, 4));
  basic.append(text.substr(5, 2)).append(text.substr(8, 5)).append(text.substr(14, 2));
  basic.append(text.substr(17, 2)).append("Z");
  return parse_amz_date(basic);
}

Result<TemporaryCredentials> parse_credentials_document(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return fail("the credentials are no JSON object");
  const std::string code = text_member(*object, "Code");
  if (!code.empty() && code != "Success") {
    return fail("the role of the instance gives no credentials; look at its trust policy");
  }
  TemporaryCredentials found;
  found.keys = {text_member(*object, "AccessKeyId"), text_member(*object, "SecretAccessKey"),
                text_member(*object, "Token")};
  if (found.keys.access_key_id.empty() || found.keys.secret_access_key.empty()) {
    return fail("the credentials have no AccessKeyId or no SecretAccessKey");
  }
  const std::string expiration = text_member(*object, "Expiration");
  found.expiration = parse_iso_time(expiration);
  if (!expiration.empty() && !found.expiration) {
    return fail("the credentials' Expiration is no time");
  }
  return found;
}

}  // namespace dn::aws

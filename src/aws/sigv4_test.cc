#include "aws/sigv4.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace dn::aws {
namespace {

using std::chrono::sys_days;

const Credentials kKey{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
const SigningScope kScope{"eu-west-1", "logs"};

WallTime noon() {
  return sys_days(Date{std::chrono::year(2026), std::chrono::month(11), std::chrono::day(22)}) +
         std::chrono::hours(12);
}

SignableRequest logs_request() {
  SignableRequest request;
  request.headers = {{"Host", "127.0.0.1:1043"},
                     {"Content-Type", "application/x-amz-json-1.1"},
                     {"X-Amz-Target", "Logs_20140328.DescribeLogGroups"}};
  request.body = "{}";
  return request;
}

SignableRequest signed_request(const Credentials& key = kKey, const SigningScope& scope = kScope) {
  SignableRequest request = logs_request();
  for (auto& header : sign(request, key, scope, noon())) request.headers.push_back(header);
  return request;
}

std::string& header_of(SignableRequest& request, std::string_view name) {
  return std::ranges::find(request.headers, name, &Header::first)->second;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

SignatureFault verified(const SignableRequest& request, WallTime now = noon()) {
  return verify(request, {&kKey, 1}, "logs", now);
}

std::string signature_in(const std::vector<Header>& added) {
  const std::string& text = added.back().second;
  return text.substr(text.rfind('=') + 1);
}

// The worked example of the General Reference.
TEST(Sigv4Sign, AgreesWithThePublishedExample) {
  SignableRequest request;
  request.method = "GET";
  request.query = "Action=ListUsers&Version=2010-05-08";
  request.headers = {{"Host", "iam.amazonaws.com"},
                     {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  const WallTime when =
      sys_days(Date{std::chrono::year(2015), std::chrono::month(8), std::chrono::day(30)}) +
      std::chrono::hours(12) + std::chrono::minutes(36);
  const auto added = sign(request, kKey, {"us-east-1", "iam"}, when);
  ASSERT_EQ(added.size(), 2U);
  EXPECT_EQ(added[0], Header("X-Amz-Date", "20150830T123600Z"));
  EXPECT_EQ(added[1].second,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

// What two ways of writing the same request have in common is their signature.
TEST(Sigv4Sign, GivesOneSignatureToAllSpellingsOfARequest) {
  struct Spelling {
    std::string_view name;
    SignableRequest one, other;
  };
  const auto with = [](std::string path, std::string query, std::vector<Header> headers) {
    SignableRequest request;
    request.path = std::move(path);
    request.query = std::move(query);
    request.headers = std::move(headers);
    return request;
  };
  const std::vector<Header> host = {{"Host", "h"}};
  const std::vector<Spelling> cases = {
      {"order of the query", with("/", "b=2&a=1&a=0", host), with("/", "a=0&a=1&b=2", host)},
      {"name that begins another", with("/", "a-=1&a=2", host), with("/", "a=2&a-=1", host)},
      {"no value", with("/", "v", host), with("/", "v=", host)},
      {"case of an escape", with("/", "a=%2fb", host), with("/", "a=%2Fb", host)},
      {"an escape that is none", with("/", "a=%7Eb", host), with("/", "a=~b", host)},
      {"a colon", with("/", "tag:Name=x", host), with("/", "tag%3AName=x", host)},
      {"empty pairs", with("/", "&a=1&&", host), with("/", "a=1", host)},
      {"dot segments", with("/a/./b/../c", "", host), with("/a/c", "", host)},
      {"above the root", with("/../../a", "", host), with("/a", "", host)},
      {"slashes", with("//a///b", "", host), with("/a/b", "", host)},
      {"no path", with("", "", host), with("/", "", host)},
      {"blanks of a value", with("/", "", {{"Host", "h"}, {"X-A", "  a \t  b  "}}),
       with("/", "", {{"host", "h"}, {"x-a", "a b"}})},
      {"repeated header", with("/", "", {{"Host", "h"}, {"X-A", "1"}, {"x-a", " 2 "}}),
       with("/", "", {{"X-A", "1,2"}, {"Host", "h"}})},
      {"an old signature", with("/", "", {{"Host", "h"}, {"Authorization", "x"}}),
       with("/", "", {{"Host", "h"}, {"X-Amz-Date", "old"}})},
  };
  for (const auto& [name, one, other] : cases) {
    EXPECT_EQ(sign(one, kKey, kScope, noon()), sign(other, kKey, kScope, noon())) << name;
  }
}

TEST(Sigv4Sign, TellsDifferentRequestsApart) {
  const auto with = [](std::string path, std::string query) {
    SignableRequest request;
    request.path = std::move(path);
    request.query = std::move(query);
    request.headers = {{"Host", "h"}};
    return signature_in(sign(request, kKey, kScope, noon()));
  };
  EXPECT_NE(with("/a/", ""), with("/a", ""));
  EXPECT_NE(with("/a%2Fb", ""), with("/a/b", ""));
  EXPECT_NE(with("/a%20b", ""), with("/a b", ""));
  EXPECT_NE(with("/", "a=1"), with("/", "a=2"));
  EXPECT_NE(with("/", "a%26b=1"), with("/", "a&b=1"));
  EXPECT_NE(with("/", "a=%"), with("/", "a="));
}

TEST(Sigv4Verify, AcceptsWhatSignMade) {
  EXPECT_EQ(verified(signed_request()), SignatureFault::None);
  EXPECT_EQ(verified(signed_request(kKey, {"any-region-1", "logs"})), SignatureFault::None);
}

TEST(Sigv4Verify, AcceptsHeadersThatAreNotSigned) {
  SignableRequest request = signed_request();
  request.headers.emplace_back("User-Agent", "aws-cli/2");
  request.headers.emplace_back("amz-sdk-request", "attempt=2");
  EXPECT_EQ(verified(request), SignatureFault::None);
}

TEST(Sigv4Verify, FindsEveryChangeOfWhatIsSigned) {
  struct Change {
    std::string_view name;
    void (*apply)(SignableRequest&);
  };
  const std::vector<Change> cases = {
      {"method", [](SignableRequest& r) { r.method = "GET"; }},
      {"path", [](SignableRequest& r) { r.path = "/x"; }},
      {"query", [](SignableRequest& r) { r.query = "a"; }},
      {"body", [](SignableRequest& r) { r.body = "{} "; }},
      {"host", [](SignableRequest& r) { header_of(r, "Host") = "127.0.0.1:1044"; }},
      {"target", [](SignableRequest& r) { header_of(r, "X-Amz-Target") += "X"; }},
      {"content type", [](SignableRequest& r) { header_of(r, "Content-Type") = "text/plain"; }},
      {"second value", [](SignableRequest& r) { r.headers.emplace_back("content-type", "x"); }},
      {"a second later",
       [](SignableRequest& r) { header_of(r, "X-Amz-Date") = "20261122T120001Z"; }},
      {"region",
       [](SignableRequest& r) { replace(header_of(r, "Authorization"), "eu-w", "us-w"); }},
      {"date of the scope",
       [](SignableRequest& r) { replace(header_of(r, "Authorization"), "20261122", "20261121"); }},
      {"signature",
       [](SignableRequest& r) {
         char& last = header_of(r, "Authorization").back();
         last = last == '0' ? '1' : '0';
       }},
      {"a signed header is gone",
       [](SignableRequest& r) {
         std::erase_if(r.headers, [](const Header& h) { return h.first == "Content-Type"; });
       }},
  };
  for (const auto& [name, apply] : cases) {
    SignableRequest request = signed_request();
    apply(request);
    EXPECT_EQ(verified(request), SignatureFault::WrongSignature) << name;
  }
}

TEST(Sigv4Verify, RefusesSignaturesForAnotherService) {
  EXPECT_EQ(verified(signed_request(kKey, {"eu-west-1", "ec2"})), SignatureFault::WrongSignature);
}

TEST(Sigv4Verify, ChoosesTheKeyByItsId) {
  const std::vector<Credentials> known = {
      {"OTHER", "x", ""}, {"AKIDEXAMPLE", "the secret before", ""}, kKey};
  const SignableRequest request = signed_request();
  EXPECT_EQ(verify(request, known, "logs", noon()), SignatureFault::None);
  EXPECT_EQ(verify(request, std::span(known).first(2), "logs", noon()),
            SignatureFault::WrongSignature);
  EXPECT_EQ(verify(request, std::span(known).first(1), "logs", noon()), SignatureFault::UnknownKey);
  EXPECT_EQ(verify(request, {}, "logs", noon()), SignatureFault::UnknownKey);
}

TEST(Sigv4Verify, WantsTheSessionTokenOfTheKey) {
  Credentials temporary = kKey;
  temporary.session_token = "FwoGZXIvYXdzEB==";
  const SignableRequest request = signed_request(temporary);
  EXPECT_EQ(verify(request, {&temporary, 1}, "logs", noon()), SignatureFault::None);
  EXPECT_EQ(verify(request, {&kKey, 1}, "logs", noon()), SignatureFault::UnknownKey);
  EXPECT_EQ(verify(signed_request(), {&temporary, 1}, "logs", noon()), SignatureFault::UnknownKey);
}

TEST(Sigv4Verify, AllowsFiveMinutesOfSkewEachWay) {
  const SignableRequest request = signed_request();
  using std::chrono::seconds;
  EXPECT_EQ(verified(request, noon() + seconds(300)), SignatureFault::None);
  EXPECT_EQ(verified(request, noon() - seconds(300)), SignatureFault::None);
  EXPECT_EQ(verified(request, noon() + seconds(301)), SignatureFault::Expired);
  EXPECT_EQ(verified(request, noon() - seconds(301)), SignatureFault::Expired);
}

// Each of these leaves something that matters outside the signature, or is not a signature.
TEST(Sigv4Verify, CallsIncompleteWhatDoesNotBindTheRequest) {
  struct Change {
    std::string_view name, from, to;
  };
  const std::vector<Change> cases = {
      {"host unsigned", "content-type;host;", "content-type;"},
      {"date unsigned", "x-amz-date;", ""},
      {"target unsigned", ";x-amz-target", ""},
      {"not in order", "content-type;host", "host;content-type"},
      {"repeated name", "content-type;host", "content-type;host;host"},
      {"upper case", "content-type;host", "Content-type;host"},
      {"empty name", "content-type;host", "content-type;;host"},
      {"no names", "SignedHeaders=", "SignedHeaders=;"},
      {"another algorithm", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"},
      {"another scheme", "AWS4-HMAC-SHA256", "Bearer"},
      {"no scheme", "AWS4-HMAC-SHA256 ", ""},
      {"no credential", "Credential=AKIDEXAMPLE", "Credentials=AKIDEXAMPLE"},
      {"credential twice",
       "SignedHeaders=", "Credential=a/20261122/b/c/aws4_request, SignedHeaders="},
      {"short credential", "/logs/", "/"},
      {"long credential", "/logs/", "/logs/logs/"},
      {"empty key id", "AKIDEXAMPLE/", "/"},
      {"another end", "aws4_request", "aws5_request"},
      {"date without digits", "/20261122/", "/2026112x/"},
      {"short date", "/20261122/", "/2026112/"},
      {"no signature", ", Signature=", ", Signatures="},
      {"short signature", "Signature=", "Signature=0"},
      {"a part without sense", "SignedHeaders=", "Version=4, SignedHeaders="},
  };
  for (const auto& [name, from, to] : cases) {
    SignableRequest request = signed_request();
    replace(header_of(request, "Authorization"), from, to);
    EXPECT_EQ(verified(request), SignatureFault::Incomplete) << name;
  }
}

TEST(Sigv4Verify, CallsIncompleteWhatItWouldHaveToGuess) {
  const auto without = [](std::string_view name) {
    SignableRequest request = signed_request();
    std::erase_if(request.headers, [&](const Header& h) { return h.first == name; });
    return verified(request);
  };
  EXPECT_EQ(without("Authorization"), SignatureFault::Missing);
  EXPECT_EQ(without("X-Amz-Date"), SignatureFault::Incomplete);
  for (const char* name : {"Authorization", "X-Amz-Date", "X-Amz-Target", "Host"}) {
    SignableRequest request = signed_request();
    request.headers.emplace_back(name, header_of(request, name));
    EXPECT_EQ(verified(request), SignatureFault::Incomplete) << name << " twice";
  }
  SignableRequest request = signed_request();
  request.headers.emplace_back("X-Amz-Security-Token", "not signed");
  EXPECT_EQ(verified(request), SignatureFault::Incomplete);
}

TEST(Sigv4Verify, TakesNoMoreSignedHeadersThanItsLimit) {
  const auto names = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      text += text.empty() ? "" : ";";
      text += {'h', static_cast<char>('a' + i / 26), static_cast<char>('a' + i % 26)};
    }
    return "AWS4-HMAC-SHA256 Credential=A/20261122/r/logs/aws4_request, SignedHeaders=" + text +
           ", Signature=" + std::string(64, 'a');
  };
  EXPECT_TRUE(parse_authorization(names(kSignedHeadersMax)));
  EXPECT_FALSE(parse_authorization(names(kSignedHeadersMax + 1)));
}

TEST(Sigv4Authorization, ReadsWhateverBlanksAndOrderClientsWrite) {
  const std::string digits(64, 'f');
  for (const std::string& text :
       {"AWS4-HMAC-SHA256 Credential=A/20261122/r/s/aws4_request, SignedHeaders=host, Signature=" +
            digits,
        "AWS4-HMAC-SHA256 Credential=A/20261122/r/s/aws4_request,SignedHeaders=host,Signature=" +
            digits,
        " AWS4-HMAC-SHA256   Signature=" + digits +
            " ,SignedHeaders=host ,\tCredential=A/20261122/r/s/aws4_request "}) {
    const auto parsed = parse_authorization(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->access_key_id, "A");
    EXPECT_EQ(parsed->date, "20261122");
    EXPECT_EQ(parsed->region, "r");
    EXPECT_EQ(parsed->service, "s");
    EXPECT_EQ(parsed->signed_headers, std::vector<std::string_view>{"host"});
    EXPECT_EQ(parsed->signature, digits);
  }
}

TEST(Sigv4Authorization, RefusesEveryTruncation) {
  SignableRequest request = signed_request();
  const std::string whole = header_of(request, "Authorization");
  ASSERT_TRUE(parse_authorization(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(parse_authorization(whole.substr(0, length))) << length;
  }
}

TEST(Sigv4Date, GoesBothWays) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::int64_t> seconds(0, 253'402'300'799);  // to the year 9999
  for (int i = 0; i < 2000; ++i) {
    const WallTime time{std::chrono::seconds(seconds(random))};
    const std::string text = format_amz_date(time);
    EXPECT_EQ(parse_amz_date(text), time) << text;
    EXPECT_EQ(format_amz_date(time + std::chrono::milliseconds(999)), text);
  }
}

TEST(Sigv4Date, RefusesWhatNoClockSays) {
  for (const char* text :
       {"", "20261122T120000", "20261122T120000ZZ", "20261122 120000Z", "20261322T120000Z",
        "20260230T120000Z", "20261122T240000Z", "20261122T126000Z", "20261122T120060Z",
        "2026112xT120000Z", "-0261122T120000Z", "20261122T12000 Z"}) {
    EXPECT_FALSE(parse_amz_date(text)) << text;
  }
}

// What one half signs the other verifies, and one changed byte of the body is found.
TEST(Sigv4, SignsAndVerifiesGeneratedRequests) {
  std::mt19937_64 random(7);
  const auto text = [&](std::string_view alphabet, std::size_t most) {
    std::string out(random() % (most + 1), ' ');
    for (char& c : out) c = alphabet[random() % alphabet.size()];
    return out;
  };
  constexpr std::string_view kValue = "abcXYZ 019\t;,=/:%&?#\"'\x80\xff";
  for (int i = 0; i < 500; ++i) {
    SignableRequest request;
    request.method = random() % 2 == 0 ? "POST" : "GET";
    request.path = "/" + text("ab./%2F~ ", 12);
    request.query = text("ab=&%2f.~", 20);
    request.headers = {{"hOST", text("abc.:1", 12)}};
    for (std::size_t n = random() % 6; n > 0; --n) {
      request.headers.emplace_back("X-" + text("abAB-", 4), text(kValue, 30));
    }
    std::string body = "x" + text(kValue, 40);
    request.body = body;
    Credentials key{"K", text(kValue, 20), text("token", 8)};
    for (auto& header : sign(request, key, {"r", "logs"}, noon())) {
      request.headers.push_back(header);
    }
    ASSERT_EQ(verify(request, {&key, 1}, "logs", noon()), SignatureFault::None) << i;
    body[random() % body.size()] ^= 1;
    ASSERT_EQ(verify(request, {&key, 1}, "logs", noon()), SignatureFault::WrongSignature) << i;
  }
}

}  // namespace
}  // namespace dn::aws

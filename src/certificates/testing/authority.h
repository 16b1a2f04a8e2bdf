// Authority: makes certificates for tests, good ones and bad ones.
//
// Keys are EC P-256, so that a test costs milliseconds. What a draft does not say is as a client
// expects it of a server's certificate. Test code only.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace dn::certificates::testing {

// A distribution point in the making; which of its parts are set is the point.
struct PointDraft {
  std::vector<std::string> uris;    // its full name, in order
  std::string directory_name = {};  // a further full name of that kind
  std::string dns_name = {};        // likewise
  std::string relative_name = {};   // instead of full names
  bool issuer_only = false;         // no name at all
};

struct CertificateDraft {
  std::string common_name = "test";
  std::vector<std::string> dns_names = {};
  std::vector<PointDraft> points = {};  // empty: no extension
  // The content of the extension as bytes, instead of `points`.
  std::optional<std::vector<unsigned char>> raw_points = {};
  bool twice = false;  // the extension stands there twice
  bool authority = false;
  long days = 30;  // from now; negative: expired
};

// A certificate and its key.
struct Issued {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

// By itself, or by `issuer`.
Issued issue(const CertificateDraft& draft, const Issued* issuer = nullptr);

// "http://…" each in a point of its own.
std::vector<PointDraft> points_at(const std::vector<std::string>& uris);

std::vector<unsigned char> to_der(const Issued& issued);
std::string to_pem(const Issued& issued);

// A file that goes with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace dn::certificates::testing

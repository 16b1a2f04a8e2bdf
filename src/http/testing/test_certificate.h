// TestCertificate: a certificate of its own for one test, valid for localhost, 127.0.0.1 and ::1,
// in two files that go with it.
#pragma once

#include <string>

namespace dn::http {

class TestCertificate {
 public:
  TestCertificate();
  ~TestCertificate();
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  const std::string& certificate() const { return certificate_; }  // PEM, is its own issuer
  const std::string& key() const { return key_; }                  // PEM

 private:
  std::string directory_, certificate_, key_;
};

}  // namespace dn::http

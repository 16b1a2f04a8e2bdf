#include "http/testing/test_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/check.h"

namespace dn::http {
namespace {

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION, X509_EXTENSION_free>>;

void add_extension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  DN_CHECK(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "the text is right");
}

template <class Write>
void write_file(const std::string& path, Write write) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  DN_CHECK(file != nullptr && write(file) == 1 && std::fclose(file) == 0, "tests may write files");
}

}  // namespace

TestCertificate::TestCertificate() {
  std::string name = std::filesystem::temp_directory_path() / "dn-certificate-XXXXXX";
  DN_CHECK(mkdtemp(name.data()) != nullptr, "tests may make directories");
  directory_ = name;
  certificate_ = name + "/certificate.pem";
  key_ = name + "/key.pem";
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  X509* raw = certificate.get();
  X509_set_version(raw, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), 1);
  X509_gmtime_adj(X509_getm_notBefore(raw), -3600);
  X509_gmtime_adj(X509_getm_notAfter(raw), 3600);
  X509_set_pubkey(raw, key.get());
  X509_NAME* subject = X509_get_subject_name(raw);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(raw, subject);
  add_extension(raw, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
  add_extension(raw, NID_basic_constraints, "critical,CA:TRUE");
  DN_CHECK(X509_sign(raw, key.get(), EVP_sha256()) != 0, "the key is ours");
  write_file(certificate_, [&](std::FILE* file) { return PEM_write_X509(file, raw); });
  write_file(key_, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

TestCertificate::~TestCertificate() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace dn::http

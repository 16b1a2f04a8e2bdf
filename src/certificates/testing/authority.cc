#include "certificates/testing/authority.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>

#include "base/check.h"

namespace dn::certificates::testing {
namespace {

using Extension = std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)>;

void must(bool done) {
  DN_CHECK(done, "OpenSSL makes what the test asks for");
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()),
                            &X509_EXTENSION_free);
  must(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void add_raw(X509* certificate, int kind, const std::vector<unsigned char>& content) {
  const std::unique_ptr<ASN1_OCTET_STRING, decltype(&ASN1_OCTET_STRING_free)> bytes(
      ASN1_OCTET_STRING_new(), &ASN1_OCTET_STRING_free);
  must(ASN1_OCTET_STRING_set(bytes.get(), content.data(), static_cast<int>(content.size())) == 1);
  const Extension extension(X509_EXTENSION_create_by_NID(nullptr, kind, 0, bytes.get()),
                            &X509_EXTENSION_free);
  must(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

X509_NAME* make_name(const std::string& text) {
  X509_NAME* name = X509_NAME_new();
  must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                  reinterpret_cast<const unsigned char*>(text.data()),
                                  static_cast<int>(text.size()), -1, 0) == 1);
  return name;
}

void add_text_name(GENERAL_NAMES* names, int kind, const std::string& text) {
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  must(ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) == 1);
  GENERAL_NAME* name = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(name, kind, value);
  must(sk_GENERAL_NAME_push(names, name) > 0);
}

void set_full_name(DIST_POINT_NAME& into, const PointDraft& draft) {
  GENERAL_NAMES* names = GENERAL_NAMES_new();
  if (!draft.directory_name.empty()) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, GEN_DIRNAME, make_name(draft.directory_name));
    must(sk_GENERAL_NAME_push(names, name) > 0);
  }
  if (!draft.dns_name.empty()) add_text_name(names, GEN_DNS, draft.dns_name);
  for (const std::string& uri : draft.uris) add_text_name(names, GEN_URI, uri);
  into.type = 0;
  into.name.fullname = names;
}

void set_relative_name(DIST_POINT_NAME& into, const std::string& text) {
  X509_NAME* name = make_name(text);
  STACK_OF(X509_NAME_ENTRY)* entries = sk_X509_NAME_ENTRY_new_null();
  must(sk_X509_NAME_ENTRY_push(entries, X509_NAME_ENTRY_dup(X509_NAME_get_entry(name, 0))) > 0);
  X509_NAME_free(name);
  into.type = 1;
  into.name.relativename = entries;
}

void add_points(X509* certificate, const std::vector<PointDraft>& drafts) {
  const std::unique_ptr<CRL_DIST_POINTS, decltype(&CRL_DIST_POINTS_free)> points(
      sk_DIST_POINT_new_null(), &CRL_DIST_POINTS_free);
  for (const PointDraft& draft : drafts) {
    DIST_POINT* point = DIST_POINT_new();
    must(sk_DIST_POINT_push(points.get(), point) > 0);
    if (draft.issuer_only) {
      point->CRLissuer = GENERAL_NAMES_new();
      add_text_name(point->CRLissuer, GEN_URI, "http://issuer.test/x.crl");
      continue;
    }
    point->distpoint = DIST_POINT_NAME_new();
    if (draft.relative_name.empty()) {
      set_full_name(*point->distpoint, draft);
    } else {
      set_relative_name(*point->distpoint, draft.relative_name);
    }
  }
  must(X509_add1_ext_i2d(certificate, NID_crl_distribution_points, points.get(), 0, 0) == 1);
}

}  // namespace

std::vector<PointDraft> points_at(const std::vector<std::string>& uris) {
  std::vector<PointDraft> points;
  for (const std::string& uri : uris) points.push_back({.uris = {uri}});
  return points;
}

Issued issue(const CertificateDraft& draft, const Issued* issuer) {
  static std::atomic<long> serial = 1;
  Issued made{{EVP_EC_gen("P-256"), &EVP_PKEY_free}, {X509_new(), &X509_free}};
  X509* certificate = made.certificate.get();
  X509* signer = issuer != nullptr ? issuer->certificate.get() : certificate;
  constexpr long kDay = 24L * 3600;
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -100 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), draft.days * kDay);
  X509_NAME* name = make_name(draft.common_name);
  X509_set_subject_name(certificate, name);
  X509_NAME_free(name);
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  X509_set_pubkey(certificate, made.key.get());
  add_extension(certificate, signer, NID_basic_constraints,
                draft.authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (draft.authority) add_extension(certificate, signer, NID_key_usage, "keyCertSign");
  std::string names;
  for (const std::string& host : draft.dns_names)
    names += (names.empty() ? "DNS:" : ",DNS:") + host;
  if (!names.empty()) add_extension(certificate, signer, NID_subject_alt_name, names);
  for (int turn = 0; turn < (draft.twice ? 2 : 1); ++turn) {
    if (draft.raw_points) {
      add_raw(certificate, NID_crl_distribution_points, *draft.raw_points);
    } else if (!draft.points.empty() && turn == 0) {
      add_points(certificate, draft.points);
    }
  }
  must(X509_sign(certificate, issuer != nullptr ? issuer->key.get() : made.key.get(),
                 EVP_sha256()) > 0);
  return made;
}

std::vector<unsigned char> to_der(const Issued& issued) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(issued.certificate.get(), &bytes);
  must(size > 0);
  std::vector<unsigned char> der(bytes, bytes + size);
  OPENSSL_free(bytes);
  return der;
}

std::string to_pem(const Issued& issued) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  must(PEM_write_bio_X509(out.get(), issued.certificate.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

TemporaryFile::TemporaryFile(const std::string& content) : path_("/tmp/dn-certificates-XXXXXX") {
  const int file = mkstemp(path_.data());
  must(file >= 0);
  close(file);
  std::ofstream(path_, std::ios::binary) << content;
}

TemporaryFile::~TemporaryFile() {
  unlink(path_.c_str());
}

}  // namespace dn::certificates::testing

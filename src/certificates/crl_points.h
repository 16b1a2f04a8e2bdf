// The places of revocation lists that a certificate names (RFC 5280 section 4.2.1.13).
//
// Only what a client could fetch over plaintext HTTP: URIs with the scheme http, by full names.
// Left out are names relative to the issuer, directory names, LDAP, HTTPS and everything that is no
// valid HttpUri. Whose certificate it is does not matter here: it may be hostile, so all of it is
// bounded. Covered by crl_points_test.cc and fuzz/crl_points_fuzz.cc.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "base/http_uri.h"

struct x509_st;  // OpenSSL's X509

namespace dn::certificates {

inline constexpr std::size_t kCertificateBytesMax = 65'536;  // beyond: it is not read
inline constexpr std::size_t kPointNamesReadMax = 256;       // of one certificate; beyond: ignored
inline constexpr std::size_t kCrlsPerCertificateMax = 16;    // further ones are ignored

// In the order of the certificate, none of them twice.
std::vector<HttpUri> read_crl_points(const x509_st& certificate);

// The same of a DER certificate; nothing where it is none.
std::vector<HttpUri> read_crl_points(ByteSpan der);

}  // namespace dn::certificates

#include "certificates/crl_points.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace dn::certificates {
namespace {

using Points = std::unique_ptr<CRL_DIST_POINTS, decltype(&CRL_DIST_POINTS_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

// The names of one point; nullptr where it has none that stand alone.
const GENERAL_NAMES* full_names(const DIST_POINT& point) {
  constexpr int kFullName = 0;
  if (point.distpoint == nullptr || point.distpoint->type != kFullName) return nullptr;
  return point.distpoint->name.fullname;
}

void add_uri(const GENERAL_NAME& name, std::vector<HttpUri>& uris) {
  if (name.type != GEN_URI || uris.size() >= kCrlsPerCertificateMax) return;
  const ASN1_IA5STRING* text = name.d.uniformResourceIdentifier;
  const auto uri = parse_http_uri({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                   static_cast<std::size_t>(ASN1_STRING_length(text))});
  if (uri && std::ranges::find(uris, *uri) == uris.end()) uris.push_back(*uri);
}

}  // namespace

std::vector<HttpUri> read_crl_points(const x509_st& certificate) {
  std::vector<HttpUri> uris;
  // Nothing also where the extension is malformed, or there twice.
  const Points points(static_cast<CRL_DIST_POINTS*>(X509_get_ext_d2i(
                          &certificate, NID_crl_distribution_points, nullptr, nullptr)),
                      &CRL_DIST_POINTS_free);
  ERR_clear_error();
  if (!points) return uris;
  std::size_t read = 0;
  for (int i = 0; i < sk_DIST_POINT_num(points.get()) && read < kPointNamesReadMax; ++i) {
    ++read;
    const GENERAL_NAMES* names = full_names(*sk_DIST_POINT_value(points.get(), i));
    const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names);
    for (int n = 0; n < count && read < kPointNamesReadMax; ++n, ++read) {
      add_uri(*sk_GENERAL_NAME_value(names, n), uris);
    }
  }
  return uris;
}

std::vector<HttpUri> read_crl_points(ByteSpan der) {
  if (der.size() > kCertificateBytesMax) return {};
  const unsigned char* at = der.data();
  const Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())), &X509_free);
  ERR_clear_error();
  if (!certificate) return {};
  return read_crl_points(*certificate);
}

}  // namespace dn::certificates

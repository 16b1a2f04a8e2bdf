#include "store/log_catalog.h"

#include "base/check.h"
#include "store/directory_catalog.h"

namespace dn::store {

Result<std::unique_ptr<LogCatalog>> LogCatalog::open(CatalogSettings settings) {
  DN_CHECK(settings.clock && settings.calls != nullptr, "the wiring gives a clock and the calls");
  auto catalog = std::make_unique<DirectoryCatalog>(std::move(settings));
  if (auto opened = catalog->open(); !opened) return tl::unexpected(opened.error());
  return catalog;
}

}  // namespace dn::store

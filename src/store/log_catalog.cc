#include "store/log_catalog.h"

#include "query/filter_pattern.h"

#include "query/insights.h"

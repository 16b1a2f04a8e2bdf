#include "logs/logs_service.h"

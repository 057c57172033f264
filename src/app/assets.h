/* The web page, embedded by embed.py from ui/dist; empty when the page was not built. */
#ifndef APP_ASSETS_H
#define APP_ASSETS_H

#include "api/api.h"

extern const struct api_asset app_assets[];
extern const size_t app_assets_count;

#endif

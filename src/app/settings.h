/* The table of settings: one row makes the check, the default, the option, the environment name and the documentation. */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include <stdint.h>

#include "app/lang.h"
#include "base/str.h"

enum setting_kind {
    SETTING_BOOL,     /* bool */
    SETTING_INT,      /* uint32_t or uint64_t/size_t */
    SETTING_SIZE,     /* bytes, as above; 512M, 2G */
    SETTING_DURATION, /* milliseconds in uint32_t; 500ms, 10s, 5m, 1h */
    SETTING_STRING,   /* const char * */
    SETTING_LIST,     /* struct config_list */
    SETTING_ENUM,     /* uint32_t, the index in `names` */
};

struct setting {
    const char *section, *key;
    enum setting_kind kind;
    const char *fallback;     /* the default as text, read by the same parser as everything else */
    uint64_t min, max;        /* of INT, SIZE (bytes), DURATION (ms) */
    const char *const *names; /* of ENUM, NULL-terminated */
    struct bilingual help;
    const char *env_alias; /* another environment name, or NULL; the regular one wins */
    size_t offset, width;  /* in struct config */
};

enum { SETTINGS_MAX = 96 };
extern const struct setting settings[];
extern const size_t settings_count;

struct setting_section {
    const char *name;
    struct bilingual title;
};
extern const struct setting_section setting_sections[];
extern const size_t setting_sections_count;

/* "server.port" → its row, or NULL. */
const struct setting *setting_find(struct str dotted);
const struct setting *setting_in(struct str section, struct str key);

#endif

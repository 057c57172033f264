/* How a conversation's answers are written: sampling, tools, format. A table of settings, stored as one JSON object. */
#ifndef TALK_SETTINGS_H
#define TALK_SETTINGS_H

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "gen/request.h"

enum talk_setting_kind {
    TALK_SET_NUMBER,
    TALK_SET_INTEGER,
    TALK_SET_SEED,
    TALK_SET_TEXTS,
    TALK_SET_THINKING, /* a boolean */
    TALK_SET_TOOLS,    /* tool_settings.h */
    TALK_SET_CHOICE,   /* of tools */
    TALK_SET_SCHEMA,
};
struct talk_setting {
    const char *name;
    enum talk_setting_kind kind;
    double min, max;
    size_t at; /* in gen_request */
    const char *about;
};
extern const struct talk_setting talk_setting_table[];
extern const size_t talk_n_settings;

/* The object with the known settings only, in the table's order; null and unknown ones are left out. ERR_INVAL names the field. */
int talk_settings_read(json_t *object, struct arena *a, struct str *ret, struct err *e);
/* Puts what is set into the request; `settings` is what talk_settings_read has made (other bytes are ERR_CORRUPT). */
int talk_settings_apply(struct str settings, struct arena *a, struct gen_request *r, struct err *e);

#endif

/* A structured log: an event in a few words, and fields. Text for people, JSON lines for machines; one write(2) a line,
 * so any thread may log. Only entry points and long-lived services log; library code returns errors. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/clock.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

struct log {
    enum log_level level; /* lines below it are dropped */
    bool json, color;
    int fd;
    const struct clock *clock;
};

struct log_field {
    const char *key;
    enum { LOG_FIELD_STR, LOG_FIELD_INT, LOG_FIELD_NUM, LOG_FIELD_BOOL } kind;
    union {
        struct str s;
        int64_t i;
        double f;
        bool b;
    };
};

#define F_STR(k, v)  ((struct log_field){.key = (k), .kind = LOG_FIELD_STR, .s = (v)})
#define F_CSTR(k, v) ((struct log_field){.key = (k), .kind = LOG_FIELD_STR, .s = str_of(v)})
#define F_INT(k, v)  ((struct log_field){.key = (k), .kind = LOG_FIELD_INT, .i = (int64_t)(v)})
#define F_NUM(k, v)  ((struct log_field){.key = (k), .kind = LOG_FIELD_NUM, .f = (v)})
#define F_BOOL(k, v) ((struct log_field){.key = (k), .kind = LOG_FIELD_BOOL, .b = (v)})

/* log_event(log, LOG_INFO, "model loaded", F_STR("model", name), F_INT("bytes", n)) */
#define log_event(log, lvl, event, ...)                                                  \
    do {                                                                                 \
        const struct log_field fields_[] = {__VA_ARGS__ __VA_OPT__(, ){0}};              \
        log_write((log), (lvl), (event), fields_, sizeof fields_ / sizeof *fields_ - 1); \
    } while (0)

/* A NULL log drops the line. */
void log_write(const struct log *log, enum log_level level, const char *event, const struct log_field *fields, size_t n_fields);

#endif

/* The configuration: defaults < hearth.yaml < environment < command line, all checked against the table of settings.
 *
 * Each value remembers where it came from, so that `hearth config` can say so. Values are set in any order: one of a
 * lower source never replaces one of a higher. Strings and lists live in the configuration's arena. */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include "app/lang.h"
#include "app/settings.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "net/http.h"

struct config_list {
    const struct str *items;
    size_t n;
};

enum config_source { FROM_DEFAULT, FROM_FILE, FROM_ENV, FROM_OPTION };

struct config_origin {
    enum config_source source;
    uint32_t line;    /* FROM_FILE */
    const char *name; /* FROM_FILE: the file; FROM_ENV: the variable */
};

enum { CACHE_F16, CACHE_Q8 };
enum { OPEN_BROWSER_AUTO, OPEN_BROWSER_NEVER };
enum { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };
enum { CONFIG_FILE_BYTES_MAX = 1 << 20, CONFIG_STRING_BYTES_MAX = 4096, CONFIG_LIST_MAX = 64 };

struct config {
    struct {
        const char *host;
        uint32_t port;
        struct config_list hosts, origins;
        bool insecure_http;
        uint32_t open_browser;
        struct http_limits http;
    } server;
    struct {
        uint32_t requests_per_minute, concurrent, session_ms;
        uint64_t tokens_per_day, stored_bytes;
    } limits;
    struct {
        const char *dir, *chosen; /* models.dir, models.default */
        const char *hub, *hub_token_file;
        uint32_t loaded_max, idle_unload_ms;
    } models;
    struct {
        uint32_t context, cache_type, sequences_max, queue_max, prefill_chunk, batch_wait_ms, threads, cpu;
        uint64_t kv_memory, prefix_disk, prefix_disk_day;
        bool deterministic, speculation;
        const char *chat_template_file;
    } engine;
    struct {
        const char *dir, *key_file, *passphrase_file;
        uint32_t retention_days;
    } store;
    struct {
        uint64_t memory;
        const char *redis, *redis_password_file;
        uint32_t redis_timeout_ms, redis_keep_ms;
    } cache;
    struct {
        bool enabled, content;
        uint32_t keep_days, flush_ms;
        uint64_t size;
    } journal;
    struct {
        struct config_list roots;
        uint64_t file_bytes, text_bytes, reader_memory, folder_entries;
        uint32_t reader_time_ms, folder_depth, workers;
    } kb;
    struct {
        uint32_t level, format;
    } log;
    struct {
        uint32_t max_tokens_default, json_depth_max, retry_after_ms;
    } api;

    enum lang lang;   /* of error sentences */
    const char *file; /* the file that was read, or NULL */
    struct config_origin origin[SETTINGS_MAX];
    struct arena arena;
};

/* All defaults. */
int config_init(struct config *c, enum lang lang, struct err *e);
void config_deinit(struct config *c);

/* `name` is what error sentences call the text. A sentence names file, line and column, and what was expected. */
int config_read_yaml(struct config *c, const char *name, struct str text, struct err *e);
int config_read_file(struct config *c, const char *path, struct err *e);
/* Every HEARTH_SECTION_KEY of a NULL-terminated "NAME=value" list. A name with a known section and an unknown key is refused. */
int config_read_env(struct config *c, const char *const *env, struct err *e);
/* --section.key=value */
int config_set_option(struct config *c, struct str dotted, struct str value, struct err *e);

/* The names of engine.cpu as sys/cpu.h wants them: empty for "auto". */
struct str config_cpu(const struct config *c);

/* The effective configuration as YAML, each line with where it came from. */
void config_print(const struct config *c, struct buf *out);
/* docs/SETTINGS.md, from the table. */
void config_docs(struct buf *out);
/* "HEARTH_SERVER_PORT" */
void config_env_name(const struct setting *s, struct buf *out);

#endif

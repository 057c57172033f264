/* What the files of the manager share. Everything is on the loop thread.
 *
 * A slot is a model of the catalogue, with its state and the tickets on their way to it:
 *
 *     COLD ──want──► (room?) ──► LOADING ──LOADED──► READY ──idle, unload, room for another──► COLD
 *      ▲                            │                  └──the worker ended──► COLD (requests under way: ERROR)
 *      │ file changed, or later     └──FAILED──► FAILED
 *      └────────────────────────────────────────────┘
 *
 * Invariants
 *   1. slot->backend is set from the beginning of a load until its `closed`; a slot loads again only after that.
 *   2. Slots with a backend are at most models_loaded_max.
 *   3. A ticket is in exactly one list: its slot's `waiting` (not sent) or `sent`; sent ones need READY.
 *   4. Sinks may call anything of runtime.h, so after a sink was called nothing that it could have freed is touched. Slots are
 *      freed only by a scan, and only without backend and tickets; none is done within a sink's call (rt->calls). */
#ifndef RUNTIME_RUNTIME_INTERNAL_H
#define RUNTIME_RUNTIME_INTERNAL_H

#include "runtime/backend.h"
#include "runtime/catalogue.h"
#include "runtime/lease.h"
#include "runtime/runtime.h"

enum {
    RETRY_MS = 5000, /* a model whose file is broken and has not changed is not tried again before */
    SCAN_MS = 1000,  /* the folder is not read more often */
    NEWS_MS = 250,   /* how often those who wait hear of their position and of progress */
    WAITING_DEFAULT = 256,
    INFO_BYTES_MAX = 1 << 14,
};

struct tickets {
    struct ticket *head, *tail;
    size_t count;
};

enum ticket_kind { TICKET_REQUEST, TICKET_TOKENS, TICKET_BYTES, TICKET_PROMPT, TICKET_VECTORS };

struct ticket {
    struct ticket *prev, *next;
    struct tickets *in;
    struct slot *slot;
    uint64_t id;
    enum ticket_kind kind;
    union {
        runtime_sink *sink;
        runtime_tokens_fn *tokens;
        runtime_bytes_fn *bytes;
        runtime_vectors_fn *vectors;
    };
    void *ctx;
    struct buf frame; /* what is to be sent; empty once it has been */
    uint32_t n_choices, done_mask, deadline_ms;
    uint32_t credit; /* that came before it was sent */
    uint64_t since_ms;
    uint32_t told_position; /* last news */
    float told_progress;
};

struct slot {
    struct runtime *rt;
    struct model_entry entry; /* what runtime_models shows */
    struct catalogue_file file;
    struct backend *backend;
    const struct backend_kind *kind;
    bool closing;  /* the backend has been told to end */
    bool draining; /* no more is sent, so that it becomes idle and makes room */
    bool wanted;   /* is to be loaded; `wanted_at` orders those who wait for room */
    bool listed;   /* the last scan found its file */
    uint64_t wanted_at, used_ms, failed_ms;
    float progress;
    struct gen_loaded info;
    struct arena info_arena;
    struct err failure;
    enum gen_fault fault;
    struct tickets waiting, sent;
};

/* What runtime_invite has brought in. Their slots are made when they are first asked for and live as long as the runtime: a name
 * costs some hundred bytes, and there are at most as many as files. */
struct guests {
    const char *name; /* NULL: nobody */
    const struct backend_kind *kind;
    void *ctx;
    struct slot **slots;
    size_t n;
};

struct runtime {
    struct loop *loop;
    struct backend_env env;
    const struct backend_kind *kind;
    const struct log *log;
    char *models_dir;
    char **extra; /* NULL-terminated */
    uint32_t loaded_max, idle_unload_s;
    struct gen_load defaults;
    struct slot **slots; /* by name; guests not among them */
    size_t n_slots;
    struct guests guests;
    struct model_entry *view;
    struct timer *timer;
    uint64_t next_id, wants, scanned_ms;
    bool scanned;
    int calls;  /* depth of sinks being called */
    bool woken; /* the pump runs in the next turn */
    bool ending;
};

/* ---- ticket.c */
/* Lists are in order of ids. */
void tickets_push(struct tickets *l, struct ticket *t); /* takes it out of the list it is in */
void ticket_free(struct ticket *t);                     /* the same */
/* Encodes f, whose id is replaced. */
int ticket_create(struct slot *s, enum ticket_kind kind, struct gen_frame *f, struct ticket **ret);
/* Gives it to the slot's backend and moves it to `sent`; untouched on failure. */
int ticket_send(struct ticket *t);
/* The same for all that wait; failures are told. */
void tickets_send(struct slot *s);
void ticket_credit(struct ticket *t, uint32_t events);
void ticket_cancel(struct ticket *t);
/* Fails all of a list, and not those that sinks add meanwhile. */
void tickets_fail(struct tickets *l, enum gen_fault fault, const char *sentence);
/* A frame from the backend. */
void slot_deliver(struct slot *s, const struct gen_frame *f);
/* Position, progress and deadlines of those who wait. */
void slot_news(struct slot *s, uint64_t now_ms);

/* ---- slot.c */
/* A model's slot by name, as runtime_find says. */
struct slot *slot_find(struct runtime *rt, struct str name);
bool slot_in_use(const struct slot *s);
/* Asks for the slot to be loaded; the pump does it when there is room. */
void slot_want(struct slot *s);
/* Has it failed so recently that it is not to be tried again? */
bool slot_refuses(const struct slot *s);
void slot_start(struct slot *s);
void slot_unload(struct slot *s);
/* Forgets a failure. */
void slot_reset(struct slot *s);
void slot_free(struct slot *s);

/* ---- guest.c */
/* The slot of the guest's name, or of NAME/MODEL for a model that is there and writes; NULL. */
struct slot *guest_find(struct runtime *rt, struct str name);
void guests_free(struct runtime *rt);

/* ---- pump.c */
/* The timer's callback: sends what waits, starts what is wanted, makes room, and sets the timer for what is to come. */
loop_fn runtime_pump;
/* Runs the pump in the next turn of the loop: so no call of runtime.h calls a sink. */
void runtime_wake(struct runtime *rt);

/* ---- scan.c */
/* Reads the folder unless it has just been read. */
void runtime_scan(struct runtime *rt);

#endif

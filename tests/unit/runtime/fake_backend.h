/* A backend that does what the test says: it records what the manager sends, and speaks when told to. */
#ifndef TESTS_RUNTIME_FAKE_BACKEND_H
#define TESTS_RUNTIME_FAKE_BACKEND_H

#include "runtime/backend.h"

enum { FAKES_MAX = 16, FAKE_SENT_MAX = 64 };

struct backend {
    bool open, closing;
    char path[256];
    const struct backend_events *ev;
    void *ctx;
    struct gen_frame sent[FAKE_SENT_MAX]; /* slices point into `bytes` */
    size_t n_sent;
    struct arena arena;
};

extern struct backend fakes[FAKES_MAX]; /* in the order they were opened */
extern size_t n_fakes;
extern int fake_open_result, fake_send_result; /* what open and send return */
extern const struct backend_kind backend_fake;

void fakes_reset(void);
/* The one that is open for this path, or NULL. */
struct backend *fake_for(const char *path);
void fake_says(struct backend *b, const struct gen_frame *f);
void fake_loaded(struct backend *b);
void fake_failed(struct backend *b, uint64_t id, enum gen_fault fault, const char *sentence);
void fake_text(struct backend *b, uint64_t id, const char *text);
void fake_done(struct backend *b, uint64_t id, uint32_t choice);
void fake_closed(struct backend *b, int reason);

#endif

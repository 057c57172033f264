/* Another program, confined (sys/confine.h), whose output is an answer. Blocking: for worker threads. */
#ifndef SKILL_PROCESS_H
#define SKILL_PROCESS_H

#include "base/buf.h"
#include "base/err.h"

struct process {
    const char *const *argv; /* argv[0]: the program's path; NULL-terminated */
    const char *const *read; /* paths that it may read beside libraries; NULL-terminated, may be NULL */
    uint32_t wall_ms;
    bool network;
};
/* Appends standard output; input is empty and the environment holds LANG and HOME=/nonexistent only. ERR_NOENT: no such program;
 * ERR_TIMEOUT; ERR_LIMIT: more output than `out` may hold; ERR_IO: it failed, *ret_status (may be NULL) says how. */
int process_run(const struct process *p, struct buf *out, int *ret_status, struct err *e);

#endif

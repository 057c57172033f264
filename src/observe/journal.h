/* The journal's writer.
 *
 *     any thread ── journal_add ──► queue (1 MB) ──once in flush_ms──► block ──write, fdatasync──► file
 *                        └── full: counted ──► an event of its own says how many were lost
 *
 * Adding encodes the event and holds a lock for a copy of some hundred bytes: it never waits for a disk. A kill -9 or a power cut loses
 * what was added within the last flush_ms (and the time that the write takes), never what was written before.
 *
 * Files are numbered. One is complete at SEGMENT_ROTATE_BYTES of events or when the day (UTC) ends; a process always begins a new
 * one. A complete file is written again in large blocks, which is about a third of the size, and takes the place of the first;
 * one that a crash has left is, too, at the next start. Then the oldest are removed until days and bytes are kept. */
#ifndef OBSERVE_JOURNAL_H
#define OBSERVE_JOURNAL_H

#include "base/log.h"
#include "observe/event.h"
#include "store/blob.h"

enum { JOURNAL_QUEUE_BYTES_MAX = 1 << 20, JOURNAL_ROTATE_BYTES = 8 << 20, JOURNAL_FILES_MAX = 100000, JOURNAL_PATH_BYTES = 4096 };

struct journal_config {
    const char *dir; /* made when it is not there, 0700; copied */
    uint8_t key[BLOB_KEY_BYTES];
    const struct clock *clock;
    const struct log *log;
    uint32_t flush_ms;
    uint32_t keep_days; /* 0: for ever */
    uint64_t bytes_max; /* of all files; 0: any */
    bool content;       /* events keep theirs */
};

struct journal;
/* ERR_NOENT, ERR_IO, ERR_NOMEM with a sentence. */
int journal_open(const struct journal_config *c, struct journal **ret, struct err *e);
/* What was added is on the disk when this returns. NULL is fine. */
void journal_close(struct journal *j);
/* NULL drops the event. */
void journal_add(struct journal *j, const struct journal_event *e);
bool journal_wants_content(const struct journal *j);
/* Events that did not fit into the queue, since it was opened. */
uint64_t journal_lost(struct journal *j);
/* Returns when what was added before is on the disk, or cannot be put there: for tests and the end. */
void journal_flush(struct journal *j);

#endif

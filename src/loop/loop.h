/* The event loop. libuv is known in this room only; above it there are timers, streams, signals, posts and work.
 *
 * One thread runs the loop and owns everything made from it. The only calls that other threads may make are loop_post
 * and loop_stop. What a caller makes is on the heap; streams and listeners free themselves after they were closed. */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct loop;

/* Also makes the process ignore SIGPIPE, since a client may go away at any time. */
int loop_create(struct loop **ret, struct err *e);
/* Closes what is left (with its `closed` events), cancels work that has not begun, waits for work that has, and frees; posts
 * that have not run are dropped. NULL is fine. Not from within a callback. */
void loop_free(struct loop *l);
/* Until loop_stop, or until nothing keeps it alive. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l); /* any thread */
/* Milliseconds from a steady clock, as of this turn of the loop. */
uint64_t loop_now_ms(const struct loop *l);

/* Runs fn(ctx) on the loop thread. Any thread. The queue is bounded (LOOP_POSTS_MAX): ERR_FULL when it is full, ERR_CLOSED
 * once the loop is being freed. */
enum { LOOP_POSTS_MAX = 65536 };
typedef void loop_fn(void *ctx);
int loop_post(struct loop *l, loop_fn *fn, void *ctx);

/* Blocking work (files, hashing) on the worker pool; `done` runs on the loop thread with `canceled` true when the loop
 * was stopped before it began. At most LOOP_WORK_MAX wait: ERR_FULL. */
enum { LOOP_WORK_MAX = 1024 };
int loop_work(struct loop *l, void (*run)(void *ctx), void (*done)(void *ctx, bool canceled), void *ctx);

/* SIGINT, SIGTERM, SIGHUP … delivered on the loop thread; a signal has one handler. */
int loop_on_signal(struct loop *l, int signum, void (*fn)(void *ctx, int signum), void *ctx);

/* ---- timers: a heap object, since that is how often they are needed */
struct timer;
int timer_create_in(struct loop *l, loop_fn *fn, void *ctx, struct timer **ret);
/* First after delay_ms, then every repeat_ms (0: once). Starting again moves it. */
void timer_start(struct timer *t, uint64_t delay_ms, uint64_t repeat_ms);
void timer_stop(struct timer *t);
void timer_free(struct timer *t); /* NULL is fine; fn does not run afterwards */

/* ---- a timer by the wall clock, for what is to happen at a time of day: also after a suspended machine, and within a moment when the
 * clock is set: then `fn` runs early, and looks what time it is. It does not keep the loop alive, and must be freed before loop_free. */
struct wall_timer;
int wall_timer_create(struct loop *l, loop_fn *fn, void *ctx, struct wall_timer **ret);
void wall_timer_set(struct wall_timer *t, int64_t at_ms); /* since 1970 UTC; INT64_MAX: never */
void wall_timer_free(struct wall_timer *t);               /* NULL is fine */

/* ---- streams: a TCP connection or one end of a Unix socket pair */
struct stream;
struct stream_events {
    /* Bytes have come; they lie in a buffer of the loop and are gone after the call. */
    void (*data)(void *ctx, struct str bytes);
    /* The other side sends no more; writing may still work. Default when NULL: closed. */
    void (*eof)(void *ctx);
    /* All that was written has reached the kernel after stream_pending was above 0. May be NULL. */
    void (*drained)(void *ctx);
    /* The last event, exactly once, also after stream_close: reason is OK for an own close or an orderly end. */
    void (*closed)(void *ctx, int reason);
};
/* Takes over fd (a connected socket), also on failure. ev may be NULL: then bytes and events are dropped. */
int stream_open_fd(struct loop *l, int fd, const struct stream_events *ev, void *ctx, struct stream **ret);
void stream_set_handler(struct stream *s, const struct stream_events *ev, void *ctx);
void stream_read(struct stream *s, bool on); /* begins off */
/* Writes what the kernel takes at once and keeps a copy of the rest. ERR_CLOSED; ERR_NOMEM or ERR_LIMIT (256 MB),
 * after which the stream is of no more use. */
int stream_write(struct stream *s, struct str bytes);
int stream_write2(struct stream *s, struct str a, struct str b); /* one system call for both where possible */
/* Bytes kept because the kernel's buffer is full. */
size_t stream_pending(const struct stream *s);
/* Ends after what is pending has been written, or at once when `abort`. The stream frees itself after `closed`. */
void stream_close(struct stream *s, bool abort);
/* Tells the other side, after what is pending, that no more comes; reading goes on. Writing is ERR_CLOSED from now on. */
void stream_end(struct stream *s);
/* "127.0.0.1:4711"; "" for a socket pair. Lives as long as the stream. */
const char *stream_peer(const struct stream *s);
int stream_fd(const struct stream *s);

/* ---- watches: a descriptor of a library that reads and writes it by itself */
struct watch;
enum { WATCH_READ = 1, WATCH_WRITE = 2 };
typedef void watch_fn(void *ctx, int events);
/* fd (a socket or pipe, made non-blocking here) stays the caller's, who closes the watch before it. It begins with no events. */
int watch_open(struct loop *l, int fd, watch_fn *ready, void *ctx, struct watch **ret);
/* `ready` is called as long as one of these holds. It may close the watch. */
int watch_set(struct watch *w, int events);
void watch_close(struct watch *w); /* frees itself; `ready` is not called any more; NULL is fine */

struct listener;
/* host is an IP literal or a name, port 0 takes a free one (see listener_port). The sentence names host, port and what to
 * do when the port is in use. */
int listener_open(struct loop *l, const char *host, uint16_t port, void (*accepted)(void *ctx, struct stream *s), void *ctx,
                  struct listener **ret, struct err *e);
uint16_t listener_port(const struct listener *li);
void listener_close(struct listener *li); /* frees itself; NULL is fine */

#endif

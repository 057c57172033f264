/* Any bytes as a file of the journal, as a row of events, as one event, and as the events of a well sealed block: whatever is read lies
 * within them, becomes valid JSON, and is the same when it is written again. */
#include <stdlib.h>

#include "observe/event.h"
#include "observe/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[BLOB_KEY_BYTES] = {0};

static void check_event(struct str bytes)
{
    struct journal_event e, again;
    struct buf json = buf_make(1 << 20), encoded = buf_make(1 << 20);
    if (journal_event_get(bytes, &e)) {
        struct json j = json_to(&json);
        journal_event_json(&j, 1, &e);
        journal_event_put(&encoded, &e);
        if (encoded.failed || !journal_event_get(buf_str(&encoded), &again) || again.owner != e.owner || again.count != e.count ||
            !str_starts(e.content, again.content) || again.content.len > JOURNAL_CONTENT_BYTES_MAX)
            abort();
    }
    buf_free(&json);
    buf_free(&encoded);
}

static size_t check_events(struct str all)
{
    struct str one;
    size_t n = 0;
    while (segment_next(&all, &one)) {
        check_event(one);
        n++;
    }
    return n;
}

static void check_sealed(struct str events)
{
    struct segment s;
    struct segment_content c;
    struct buf file = buf_make(1 << 20);
    if (segment_begin(&s, 0, 1, &file) || segment_put(&s, key, events, 1, &file) || segment_put(&s, key, events, 1, &file) ||
        segment_open(key, buf_str(&file), &c))
        abort();
    if (c.damaged || c.cut || c.events.len != 2 * events.len || (events.len && memcmp(c.events.ptr, events.ptr, events.len) != 0))
        abort();
    segment_content_free(&c);
    buf_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = str_from(data, size);
    struct segment_content c;
    int r = segment_open(key, bytes, &c);
    if (!r && check_events(buf_str(&c.events)) && c.damaged == c.head.blocks)
        abort();
    segment_content_free(&c);
    check_events(bytes);
    check_event(bytes);
    if (size <= 100000)
        check_sealed(bytes);
    return 0;
}

/* Questions to the knowledge base: quotes of documents with where they stand, and nothing else. */
#include "assistant/internal.h"
#include "kb/answer.h"

enum { LOOK_UP_HITS = 20, LOOK_UP_QUOTES = 3 };

static void put_quote(struct buf *out, const struct kb_hits *hits, const struct kb_quote *q, bool first)
{
    const struct kb_hit *hit = &hits->items[q->hit];
    struct str title = hit->title.len ? hit->title : hit->source;
    struct str rest = str_trim(q->text), line;
    buf_puts(out, first ? "" : "\n\n");
    while (str_split(&rest, '\n', &line))
        buf_printf(out, "> " STR_FMT "\n", STR_ARG(line));
    buf_printf(out, ">\n> — *" STR_FMT "%s" STR_FMT "*", STR_ARG(title), hit->chunk.heading.len ? " › " : "", STR_ARG(hit->chunk.heading));
}

static void nothing(struct turn *t)
{
    buf_puts(&t->answer, t->zh ? "在你的文档和手册页里没有找到答案。`hearth kb add /usr/share/man` "
                                 "可以把这台机器的手册页加进来（先把这个目录写进设置 kb.roots），`hearth "
                                 "kb add 路径` 加入你自己的文档。"
                               : "I found no answer in your documents or manual pages. `hearth kb add /usr/share/man` adds this machine's "
                                 "manual pages, `hearth kb add PATH` your own documents.");
}

int look_up(struct turn *t, struct store_db *db, struct str question, struct err *e)
{
    struct assistant *owner = t->b->a;
    struct kb_hits hits = {0};
    struct kb_quote *quotes = NULL;
    size_t n = 0;
    struct arena a = arena_make(KB_READ_BYTES_MAX);
    const struct kb_query q = {.text = question, .limit = LOOK_UP_HITS, .per_document = 3};
    pthread_rwlock_rdlock(&owner->kb_lock);
    int r = owner->c.kb && db ? kb_search(owner->c.kb, db, t->owner, &q, &a, &hits, e) : OK;
    pthread_rwlock_unlock(&owner->kb_lock);
    if (!r && hits.n)
        r = kb_answer(question, &hits, LOOK_UP_QUOTES, &a, &quotes, &n);
    for (size_t i = 0; !r && i < n; i++)
        put_quote(&t->answer, &hits, &quotes[i], i == 0);
    if (!r && !n)
        nothing(t);
    arena_free(&a);
    return r;
}

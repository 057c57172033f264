#include "engine/constrain.h"

#include <stdlib.h>

#include "engine/enforce.h"
#include "engine/engine_impl.h"
#include "engine/prompt.h"

/* GEN_FORMAT_COUNT stands for an answer with tools: its text is everything that such a grammar depends on. */
enum { KEPT_MAX = 8, KEY_BYTES_MAX = GEN_TEXT_BYTES_MAX };

struct constraint {
    struct constraint *next; /* of the engine's list, last used first */
    uint32_t users;
    enum gen_format format;
    char *text; /* owned */
    size_t len;
    struct grammar *grammar;
    struct grammar_matcher *matcher;
};

static void constraint_free(struct constraint *c)
{
    grammar_matcher_free(c->matcher);
    grammar_free(c->grammar);
    free(c->text);
    free(c);
}

/* Forgets those that nobody uses, the longest unused first, until few are left. */
static void trim(struct engine *en, uint32_t most)
{
    uint32_t n = 0;
    for (struct constraint **at = &en->constraints; *at;) {
        struct constraint *c = *at;
        if (c->users || n < most) {
            n++;
            at = &c->next;
            continue;
        }
        *at = c->next;
        constraint_free(c);
    }
}

/* Moves it to the front. */
static struct constraint *find(struct engine *en, enum gen_format format, struct str text)
{
    for (struct constraint **at = &en->constraints; *at; at = &(*at)->next) {
        struct constraint *c = *at;
        if (c->format != format || !str_eq(str_from(c->text, c->len), text))
            continue;
        *at = c->next;
        c->next = en->constraints;
        return en->constraints = c;
    }
    return NULL;
}

static void *make_vocab(void *ctx)
{
    struct engine *en = ctx;
    grammar_vocab_create(en->m->vocab, &en->grammar_vocab); /* without memory now, perhaps there is when it is needed */
    return NULL;
}

void constrain_open(struct engine *en)
{
    en->preparing = !pthread_create(&en->preparer, NULL, make_vocab, en);
}

static void wait_for_vocab(struct engine *en)
{
    if (en->preparing)
        pthread_join(en->preparer, NULL);
    en->preparing = false;
}

static int prepare_vocab(struct engine *en)
{
    wait_for_vocab(en);
    if (en->masks)
        return OK;
    int rc = en->grammar_vocab ? OK : grammar_vocab_create(en->m->vocab, &en->grammar_vocab);
    if (rc)
        return rc;
    en->masks = calloc((size_t)pool_threads(en->pool) * grammar_vocab_words(en->grammar_vocab) + 1, sizeof *en->masks);
    return en->masks ? OK : ERR_NOMEM;
}

static int compile(struct engine *en, const struct gen_request *g, enum gen_format format, struct str key, struct constraint **ret,
                   const char **ret_param, struct err *e)
{
    struct constraint *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_NOMEM;
    c->format = format;
    c->len = key.len;
    c->text = str_dup(key);
    int rc = c->text ? OK : ERR_NOMEM;
    if (!rc && format == GEN_FORMAT_COUNT)
        rc = enforce_build(en->m, g, &c->grammar, ret_param, e);
    else if (!rc)
        rc = grammar_compile(format, key, NULL, &c->grammar, e);
    if (!rc)
        rc = prepare_vocab(en);
    if (!rc)
        rc = grammar_matcher_create(c->grammar, en->grammar_vocab, &c->matcher);
    if (rc) {
        constraint_free(c);
        return rc;
    }
    trim(en, KEPT_MAX - 1);
    c->next = en->constraints;
    *ret = en->constraints = c;
    return OK;
}

/* An answer that is continued stands behind what there is of it. */
static int skip_begun(const struct engine *en, struct grammar_state *s, struct str text, struct err *e)
{
    struct tokens t = tokens_make(GEN_PROMPT_TOKENS_MAX);
    int rc = vocab_encode(en->m->vocab, text, (struct vocab_encode_options){.no_space_prefix = true}, &t);
    for (size_t i = 0; i < t.len && !rc; i++)
        rc = grammar_accept(s, t.ptr[i]);
    tokens_free(&t);
    if (rc && rc != ERR_NOMEM)
        err_set(e, rc, "the answer that is to be continued is not the beginning of such a text");
    return rc;
}

static int begin(const struct engine *en, struct request *r, const struct gen_request *g, struct err *e)
{
    int rc = OK;
    for (uint32_t i = 0; i < r->n_seqs && !rc; i++)
        if (grammar_state_create(r->constraint->matcher, &r->seqs[i].grammar))
            return ERR_NOMEM;
        else if (g->kind == GEN_CHAT && g->continue_last && g->n_messages)
            rc = skip_begun(en, r->seqs[i].grammar, g->messages[g->n_messages - 1].content, e);
    if (rc)
        return rc;
    if (constrain_finished(&r->seqs[0]))
        return err_set(e, ERR_UNSUPPORTED, "only the empty text would satisfy it");
    return OK;
}

int constrain_request(struct engine *en, struct request *r, const struct gen_request *g, struct refusal *w)
{
    static const char *const params[GEN_FORMAT_COUNT] = {
        [GEN_FORMAT_JSON] = "response_format", [GEN_FORMAT_SCHEMA] = "response_format", [GEN_FORMAT_REGEX] = "regex",
        [GEN_FORMAT_CHOICE] = "choice",        [GEN_FORMAT_GBNF] = "grammar",
    };
    bool tools = prompt_offers_tools(g);
    if (g->format == GEN_FORMAT_TEXT && !tools)
        return OK;
    struct buf key = buf_make(KEY_BYTES_MAX);
    enum gen_format format = tools ? GEN_FORMAT_COUNT : g->format;
    *w = (struct refusal){.fault = GEN_FAULT_REQUEST,
                          .param = tools                                    ? "tools"
                                   : (unsigned)g->format < GEN_FORMAT_COUNT ? params[g->format]
                                                                            : ""};
    int rc = tools ? enforce_key(g, &key) : OK;
    struct str text = tools ? buf_str(&key) : g->format_text;
    struct constraint *c = rc ? NULL : find(en, format, text);
    if (!rc && !c)
        rc = compile(en, g, format, text, &c, &w->param, &w->why);
    buf_free(&key);
    if (!rc) {
        c->users++;
        r->constraint = c;
        rc = begin(en, r, g, &w->why);
    }
    if (rc == ERR_NOMEM)
        *w = (struct refusal){.fault = GEN_FAULT_MEMORY, .param = "", .why = {rc, "not enough memory for this request"}};
    else if (rc)
        err_prefix(&w->why, rc, "'%s' cannot be promised", w->param);
    return rc;
}

void constrain_release(struct request *r)
{
    for (uint32_t i = 0; r->seqs && i < r->n_seqs; i++) {
        grammar_state_free(r->seqs[i].grammar);
        r->seqs[i].grammar = NULL;
    }
    if (r->constraint)
        r->constraint->users--;
    r->constraint = NULL;
}

void constrain_close(struct engine *en)
{
    wait_for_vocab(en);
    trim(en, 0);
    grammar_vocab_free(en->grammar_vocab);
    free(en->masks);
}

/* Following the text */

static bool constrained(const struct seq *s)
{
    return s->grammar && !outtext_thinks(&s->stream);
}

uint32_t constrain_guesses(const struct seq *s, const uint32_t *tokens, uint32_t n)
{
    if (!s->grammar)
        return n;
    /* The token that ends thinking changes the rules: what comes after it is not sampled in the same step. */
    return constrained(s) ? (uint32_t)grammar_run(s->grammar, tokens, n) : 0;
}

static bool may_come(void *ctx, uint32_t token)
{
    return grammar_allows(ctx, token);
}

int constrain_sample(struct engine *en, struct seq *s, int thread, struct sample_in *in, struct sample_out *ret)
{
    struct sample_scratch *scratch = en->scratch[thread];
    if (!constrained(s))
        return sample_token(en->kn, in, scratch, ret);
    in->asks = may_come;
    in->asks_ctx = s->grammar;
    int rc = sample_token(en->kn, in, scratch, ret);
    if (rc == ERR_AGAIN) {
        bool any = false;
        uint64_t *mask = en->masks + (size_t)thread * grammar_vocab_words(en->grammar_vocab);
        rc = grammar_mask(s->grammar, mask, &any);
        in->allowed = mask;
        if (!rc)
            rc = any ? sample_token(en->kn, in, scratch, ret) : ERR_INVAL;
    }
    return rc ? rc : grammar_accept(s->grammar, ret->token);
}

bool constrain_finished(const struct seq *s)
{
    return constrained(s) && grammar_must_end(s->grammar);
}

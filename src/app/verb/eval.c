/* hearth eval skills FILE: how well utterances are understood, by the rules of tests/eval/skills/README.md. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "app/app.h"
#include "app/text.h"
#include "app/verb/eval_compare.h"
#include "skill/fns.h"
#include "skill/tz.h"
#include "skill/understand.h"

enum { SHOWN_CONFUSIONS = 40, CASES_MAX = 100000 };

struct tally {
    struct skill_env *env[2]; /* Berlin for English, Shanghai for Chinese */
    size_t n, right, right_skill, outside, acted;
    double *ms;         /* [n] */
    uint16_t *confused; /* [skills + 1][skills + 1]: wanted, got; the last is none */
};

/* When and where every utterance of the sets is said. */
static int64_t reference_ms(const struct skill_env *env)
{
    return tz_utc(env->home, (struct civil){2026, 11, 25, 10, 30, 0}) * 1000;
}

struct interval {
    double low, high;
};

/* Wilson's, for 95 %. */
static struct interval wilson(size_t k, size_t n)
{
    double z = 1.959964, p = n ? (double)k / (double)n : 0, m = (double)n, d = 1 + z * z / m, mid = p + z * z / (2 * m);
    double half = z * sqrt(p * (1 - p) / m + z * z / (4 * m * m));
    return n ? (struct interval){(mid - half) / d, (mid + half) / d} : (struct interval){0, 0};
}

static void put_share(const char *what, size_t k, size_t n)
{
    struct interval i = wilson(k, n);
    printf("%-34s %5.1f %%  (%zu of %zu; 95 %%: %.1f–%.1f)\n", what, n ? 100 * (double)k / (double)n : 0, k, n, 100 * i.low, 100 * i.high);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void put_slots(const struct intent *i)
{
    for (size_t k = 0; k < i->n_slots; k++) {
        if (i->slots[k].kind == SLOT_NUMBER)
            printf(" %s=%g", i->slots[k].name, i->slots[k].number);
        else
            printf(" %s=\"" STR_FMT "\"", i->slots[k].name, STR_ARG(i->slots[k].text));
    }
}

static void one(struct tally *t, json_t *o, bool verbose)
{
    const char *text = json_string_value(json_object_get(o, "text")), *want = json_string_value(json_object_get(o, "skill")),
               *lang = json_string_value(json_object_get(o, "lang"));
    if (!text || !want || !lang)
        return;
    const struct skill_env *env = t->env[!strcmp(lang, "zh")];
    struct arena a = arena_make(SKILL_TURN_BYTES_MAX);
    struct intent got[SKILL_INTENTS_MAX];
    uint64_t begin = clock_ns(&clock_system);
    size_t n = understand_all(env, str_of(text), reference_ms(env), &a, got);
    t->ms[t->n++] = (double)(clock_ns(&clock_system) - begin) * 1e-6;
    const struct skill *wanted = skill_find(str_of(want));
    bool is = n == 1 && got->skill == wanted,
         right = wanted ? is && eval_slots_agree(env, reference_ms(env), got, json_object_get(o, "slots"), &a) : !n;
    size_t row = wanted ? skill_index(wanted) : skill_count, column = n ? skill_index(got->skill) : skill_count;
    t->confused[row * (skill_count + 1) + column]++;
    t->outside += !wanted;
    /* a question back is no act */
    t->acted += !wanted && n && !got[n - 1].missing;
    t->right_skill += wanted && is;
    t->right += wanted && right;
    if (verbose && !right) {
        printf("%s [%s] %s\n    got %s", json_string_value(json_object_get(o, "id")), want, text, n ? got->skill->name : "none");
        if (n)
            put_slots(got);
        char *slots = json_dumps(json_object_get(o, "slots"), JSON_COMPACT | JSON_ENSURE_ASCII * 0);
        printf("%s%s%s\n", n > 1 ? " + more" : "", n && got[n - 1].missing ? " (asks)" : "", "");
        printf("    want %s\n", slots ? slots : "{}");
        free(slots);
    }
    arena_free(&a);
}

static void report(struct tally *t)
{
    size_t inside = t->n - t->outside;
    put_share("right skill with right slots", t->right, inside);
    put_share("right skill", t->right_skill, inside);
    put_share("out of scope, but acted upon", t->acted, t->outside);
    if (t->n)
        qsort(t->ms, t->n, sizeof *t->ms, by_value);
    if (t->n)
        printf("understanding: median %.2f ms, p99 %.2f ms\n", t->ms[t->n / 2], t->ms[t->n * 99 / 100]);
    printf("\nconfusions (wanted → got)\n");
    for (size_t r = 0; r <= skill_count; r++)
        for (size_t c = 0; c <= skill_count; c++)
            if (r != c && t->confused[r * (skill_count + 1) + c])
                printf("%4u  %s → %s\n", t->confused[r * (skill_count + 1) + c], r < skill_count ? skill_table[r].name : "none",
                       c < skill_count ? skill_table[c].name : "none");
}

static int run(struct tally *t, FILE *in, bool verbose)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    while (t->n < CASES_MAX && (len = getline(&line, &cap, in)) > 0) {
        json_t *o = json_loadb(line, (size_t)len, 0, NULL);
        if (o)
            one(t, o, verbose);
        json_decref(o);
    }
    free(line);
    return t->n ? OK : ERR_INVAL;
}

int verb_eval(struct app *a)
{
    struct err e = {0};
    struct tally t = {.ms = calloc(CASES_MAX, sizeof(double)), .confused = calloc((skill_count + 1) * (skill_count + 1), sizeof(uint16_t))};
    const char *what = a->args.n_words ? a->args.words[0] : "", *path = a->args.n_words > 1 ? a->args.words[1] : "";
    FILE *in = !strcmp(what, "skills") ? fopen(path, "re") : NULL;
    int r = !in                    ? err_set(&e, ERR_NOENT, T(a->lang, EVAL_NO_FILE), path)
            : !t.ms || !t.confused ? err_set(&e, ERR_NOMEM, "out of memory")
                                   : OK;
    if (!r)
        r = skill_env_create(a->clock, NULL, STR("Europe/Berlin"), &t.env[0], &e);
    if (!r)
        r = skill_env_create(a->clock, NULL, STR("Asia/Shanghai"), &t.env[1], &e);
    if (!r && run(&t, in, a->args.verbose))
        r = err_set(&e, ERR_INVAL, T(a->lang, EVAL_NO_CASES), path);
    if (!r)
        report(&t);
    if (in)
        fclose(in);
    skill_env_free(t.env[0]);
    skill_env_free(t.env[1]);
    free(t.ms);
    free(t.confused);
    return r ? complain(a, "%s", e.text) : EXIT_OK;
}

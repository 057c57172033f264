/* Is it a word, and which one was meant: all words within one or two edits, by trying each edit against the dictionary. */
#include <stdlib.h>

#include "skill/dict.h"

/* hunspell's list is sorted by letters, not bytes, and a word has flags after '/': a plain search of half a megabyte, about 0.1 ms. */
static bool in_list(struct str list, struct str word)
{
    for (ptrdiff_t at = 0; word.len && (at = str_find(list, word, (size_t)at)) >= 0; at++) {
        char before = at ? list.ptr[at - 1] : '\n', after = (size_t)at + word.len < list.len ? list.ptr[(size_t)at + word.len] : '\n';
        if (before == '\n' && (after == '\n' || after == '/' || after == '\r'))
            return true;
    }
    return false;
}

static struct str small(struct str word, char text[DICT_WORD_MAX])
{
    size_t n = 0;
    for (; n < word.len && n < DICT_WORD_MAX - 1; n++)
        text[n] = word.ptr[n] >= 'A' && word.ptr[n] <= 'Z' ? (char)(word.ptr[n] + 32) : word.ptr[n];
    text[n] = 0;
    return str_from(text, n);
}

bool dict_knows(const struct dict *d, struct str word)
{
    char base[DICT_WORD_MAX], text[DICT_WORD_MAX];
    struct dict_sense senses[DICT_SENSES_MAX];
    if (!word.len || word.len >= DICT_WORD_MAX)
        return false;
    if (dict_has_meanings(d) && dict_define(d, word, base, senses))
        return true;
    return in_list(dict_list(d), word) || in_list(dict_list(d), small(word, text));
}

struct nearing {
    const struct dict *d;
    struct buf *out;
    size_t n, max, from;
    int edits; /* still allowed after this one */
};

static void try_edits(struct nearing *t, struct str w, int edits);

static void try_word(struct nearing *t, struct str w, int edits)
{
    if (t->n >= t->max || !w.len)
        return;
    if (edits > 1) {
        try_edits(t, w, edits - 1);
        return;
    }
    char base[DICT_WORD_MAX];
    struct dict_sense senses[DICT_SENSES_MAX];
    bool known = dict_has_meanings(t->d) ? dict_define(t->d, w, base, senses) > 0 : dict_knows(t->d, w);
    struct str all = str_skip(buf_str(t->out), t->from), one;
    while (known && str_split(&all, '\n', &one))
        known = !str_eq(one, w);
    if (known) {
        buf_printf(t->out, STR_FMT "\n", STR_ARG(w));
        t->n++;
    }
}

/* Exchanges first, which are what fingers do; then a letter less, another letter, a letter more. */
static void try_edits(struct nearing *t, struct str w, int edits)
{
    char text[DICT_WORD_MAX + 1];
    size_t n = w.len;
    for (size_t i = 0; i + 1 < n && t->n < t->max; i++) {
        memcpy(text, w.ptr, n);
        text[i] = w.ptr[i + 1];
        text[i + 1] = w.ptr[i];
        try_word(t, str_from(text, n), edits);
    }
    for (size_t i = 0; i < n && t->n < t->max; i++) {
        memcpy(text, w.ptr, i);
        memcpy(text + i, w.ptr + i + 1, n - i - 1);
        try_word(t, str_from(text, n - 1), edits);
    }
    for (size_t i = 0; i <= n && t->n < t->max; i++) {
        for (char c = 'a'; c <= 'z' && t->n < t->max; c++) {
            memcpy(text, w.ptr, i);
            text[i] = c;
            if (i < n) {
                memcpy(text + i + 1, w.ptr + i + 1, n - i - 1);
                try_word(t, str_from(text, n), edits);
            }
            if (n + 1 >= DICT_WORD_MAX)
                continue;
            memcpy(text + i + 1, w.ptr + i, n - i);
            try_word(t, str_from(text, n + 1), edits);
        }
    }
}

size_t dict_near(const struct dict *d, struct str word, size_t max, struct buf *out)
{
    char text[DICT_WORD_MAX];
    struct nearing t = {.d = d, .out = out, .max = max, .from = out->len};
    struct str w = small(word, text);
    if (word.len >= DICT_WORD_MAX - 2)
        return 0;
    try_edits(&t, w, 1);
    if (!t.n && w.len >= 5 && w.len <= 16) /* some hundred thousand tries: 50 ms at the most */
        try_edits(&t, w, 2);
    return t.n;
}

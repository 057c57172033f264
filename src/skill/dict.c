#include "skill/dict.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PARTS = 4, FILE_BYTES_MAX = 64 << 20 };
static const char *const parts[PARTS] = {"noun", "verb", "adj", "adv"};
static const char *const part_names[PARTS] = {"noun", "verb", "adjective", "adverb"};

struct dict {
    struct str index[PARTS], data[PARTS], exceptions[PARTS]; /* mapped */
    struct str list;                                         /* hunspell's en_US.dic */
};

static struct str map(const char *dir, const char *name)
{
    char path[512];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *p = MAP_FAILED;
    if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size < FILE_BYTES_MAX)
        p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd >= 0)
        close(fd);
    return p == MAP_FAILED ? (struct str){0} : str_from(p, (size_t)st.st_size);
}

static void unmap(struct str s)
{
    if (s.ptr)
        munmap((void *)(uintptr_t)s.ptr, s.len);
}

int dict_open(const char *wordnet, const char *hunspell, struct dict **ret, struct err *e)
{
    struct dict *d = calloc(1, sizeof *d);
    char name[32];
    if (!d)
        return err_set(e, ERR_NOMEM, "out of memory");
    for (int i = 0; i < PARTS; i++) {
        snprintf(name, sizeof name, "index.%s", parts[i]);
        d->index[i] = map(wordnet, name);
        snprintf(name, sizeof name, "data.%s", parts[i]);
        d->data[i] = map(wordnet, name);
        snprintf(name, sizeof name, "%s.exc", parts[i]);
        d->exceptions[i] = map(wordnet, name);
    }
    d->list = map(hunspell, "en_US.dic");
    if (!d->list.ptr && !dict_has_meanings(d)) {
        dict_close(d);
        return err_set(e, ERR_NOENT, "neither WordNet (wordnet-base) nor a dictionary of hunspell is installed");
    }
    *ret = d;
    return OK;
}

void dict_close(struct dict *d)
{
    if (!d)
        return;
    for (int i = 0; i < PARTS; i++) {
        unmap(d->index[i]);
        unmap(d->data[i]);
        unmap(d->exceptions[i]);
    }
    unmap(d->list);
    free(d);
}

bool dict_has_meanings(const struct dict *d)
{
    return d->index[0].ptr && d->data[0].ptr;
}

struct str dict_list(const struct dict *d)
{
    return d->list;
}

/* ---- lines of sorted files */

/* The line whose first word (up to a blank) is `key`; files are sorted by bytes, but for a licence whose lines begin with blanks. */
static struct str find_line(struct str file, struct str key)
{
    size_t lo = 0, hi = file.len;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2, begin = mid, end = mid;
        while (begin > lo && file.ptr[begin - 1] != '\n')
            begin--;
        while (end < hi && file.ptr[end] != '\n')
            end++;
        struct str line = str_from(file.ptr + begin, end - begin);
        ptrdiff_t blank = str_chr(line, ' ');
        struct str word = blank < 0 ? line : str_head(line, (size_t)blank);
        int r = memcmp(word.ptr, key.ptr, word.len < key.len ? word.len : key.len);
        if (!r)
            r = (word.len > key.len) - (word.len < key.len);
        if (!r)
            return line;
        if (r < 0)
            lo = end + 1;
        else
            hi = begin;
    }
    return (struct str){0};
}

static bool field(struct str *line, struct str *ret)
{
    while (line->len && *line->ptr == ' ')
        *line = str_skip(*line, 1);
    return line->len && str_split(line, ' ', ret);
}

static bool field_uint(struct str *line, unsigned base, unsigned max, unsigned *ret)
{
    struct str f;
    unsigned v = 0;
    if (!field(line, &f) || !f.len || f.len > 9)
        return false;
    for (size_t i = 0; i < f.len; i++) {
        char c = f.ptr[i];
        unsigned d = c >= '0' && c <= '9' ? (unsigned)(c - '0') : (c | 32) >= 'a' && (c | 32) <= 'f' ? (unsigned)((c | 32) - 'a') + 10 : 99;
        if (d >= base)
            return false;
        v = v * base + d;
    }
    *ret = v;
    return v <= max;
}

/* lemma pos synset_cnt p_cnt [ptr_symbol…] sense_cnt tagsense_cnt synset_offset… */
bool dict_parse_index(struct str line, struct dict_entry *ret)
{
    struct str f;
    unsigned n, pointers, skip;
    struct dict_entry e = {0};
    if (!field(&line, &f) || !field(&line, &f) || !field_uint(&line, 10, 1000, &n) || !field_uint(&line, 10, 1000, &pointers))
        return false;
    for (unsigned i = 0; i < pointers; i++)
        if (!field(&line, &f))
            return false;
    if (!field_uint(&line, 10, 1000, &skip) || !field_uint(&line, 10, 1000, &skip))
        return false;
    for (; e.n < n && e.n < DICT_SENSES_MAX; e.n++)
        if (!field_uint(&line, 10, FILE_BYTES_MAX, &e.offsets[e.n]))
            return false;
    *ret = e;
    return true;
}

/* offset lex_filenum ss_type w_cnt word lex_id [word lex_id…] p_cnt … | gloss */
bool dict_parse_data(struct str line, struct str words[DICT_WORDS_MAX], size_t *ret_n, struct str *ret_gloss)
{
    struct str f;
    unsigned count, skip;
    size_t n = 0;
    ptrdiff_t bar = str_find(line, STR(" | "), 0);
    if (bar < 0)
        return false;
    struct str head = str_head(line, (size_t)bar);
    if (!field_uint(&head, 10, FILE_BYTES_MAX, &skip) || !field_uint(&head, 10, 99, &skip) || !field(&head, &f) ||
        !field_uint(&head, 16, 255, &count))
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (!field(&head, &f) || !field_uint(&head, 16, 255, &skip))
            return false;
        ptrdiff_t marker = str_chr(f, '('); /* "(a)" after some adjectives */
        if (n < DICT_WORDS_MAX)
            words[n++] = marker > 0 ? str_head(f, (size_t)marker) : f;
    }
    *ret_n = n;
    *ret_gloss = str_trim(str_skip(line, (size_t)bar + 3));
    return true;
}

static struct str line_at(struct str file, unsigned offset)
{
    if (offset >= file.len)
        return (struct str){0};
    struct str rest = str_skip(file, offset);
    ptrdiff_t end = str_chr(rest, '\n');
    return end < 0 ? rest : str_head(rest, (size_t)end);
}

/* ---- words */

/* As the files write them: small letters, underscores. */
static struct str lemma(struct str word, char text[DICT_WORD_MAX])
{
    size_t n = 0;
    word = str_trim(word);
    for (size_t i = 0; i < word.len && n < DICT_WORD_MAX - 1; i++) {
        char c = word.ptr[i];
        text[n++] = c == ' ' ? '_' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    text[n] = 0;
    return str_from(text, n);
}

static bool lookup(const struct dict *d, int part, struct str word, struct dict_entry *ret)
{
    struct str line = word.len ? find_line(d->index[part], word) : (struct str){0};
    return line.ptr && dict_parse_index(line, ret);
}

/* man 7 morphy: exceptions first, then endings. */
static bool lookup_base(const struct dict *d, int part, struct str word, char base[DICT_WORD_MAX], struct dict_entry *ret)
{
    static const struct {
        int part;
        const char *end, *instead;
    } endings[] = {{0, "ses", "s"},   {0, "xes", "x"}, {0, "zes", "z"}, {0, "ches", "ch"}, {0, "shes", "sh"},
                   {0, "men", "man"}, {0, "ies", "y"}, {0, "s", ""},    {1, "ies", "y"},   {1, "es", "e"},
                   {1, "es", ""},     {1, "ed", "e"},  {1, "ed", ""},   {1, "ing", "e"},   {1, "ing", ""},
                   {1, "s", ""},      {2, "er", ""},   {2, "est", ""},  {2, "er", "e"},    {2, "est", "e"}};
    str_copy(base, DICT_WORD_MAX, word);
    if (lookup(d, part, word, ret))
        return true;
    struct str line = find_line(d->exceptions[part], word), first;
    if (line.ptr && field(&line, &first) && field(&line, &first) && str_copy(base, DICT_WORD_MAX, first) &&
        lookup(d, part, str_of(base), ret))
        return true;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct str end = str_of(endings[i].end);
        if (endings[i].part != part || !str_ends(word, end) || word.len < end.len + 2)
            continue;
        int n = snprintf(base, DICT_WORD_MAX, STR_FMT "%s", STR_ARG(str_head(word, word.len - end.len)), endings[i].instead);
        if (n < DICT_WORD_MAX && lookup(d, part, str_of(base), ret))
            return true;
    }
    return false;
}

size_t dict_define(const struct dict *d, struct str word, char ret_base[DICT_WORD_MAX], struct dict_sense ret[DICT_SENSES_MAX])
{
    char text[DICT_WORD_MAX], base[DICT_WORD_MAX];
    struct str w = lemma(word, text), words[DICT_WORDS_MAX];
    size_t n = 0, count;
    for (int part = 0; part < PARTS; part++) {
        struct dict_entry e;
        if (!lookup_base(d, part, w, base, &e))
            continue;
        if (!n)
            memcpy(ret_base, base, DICT_WORD_MAX);
        for (size_t i = 0; i < e.n && i < 3 && n < DICT_SENSES_MAX; i++) {
            ret[n].part = part_names[part];
            if (dict_parse_data(line_at(d->data[part], e.offsets[i]), words, &count, &ret[n].gloss))
                n++;
        }
    }
    return n;
}

static bool listed(const struct buf *out, size_t from, struct str word)
{
    struct str all = str_skip(buf_str(out), from), one;
    while (str_split(&all, '\n', &one))
        if (str_ieq(one, word))
            return true;
    return false;
}

bool dict_synonyms(const struct dict *d, struct str word, struct buf *out)
{
    char text[DICT_WORD_MAX], base[DICT_WORD_MAX];
    struct str w = lemma(word, text), words[DICT_WORDS_MAX], gloss;
    size_t from = out->len, count;
    bool found = false;
    for (int part = 0; part < PARTS; part++) {
        struct dict_entry e;
        if (!lookup_base(d, part, w, base, &e))
            continue;
        found = true;
        for (size_t i = 0; i < e.n; i++) {
            if (!dict_parse_data(line_at(d->data[part], e.offsets[i]), words, &count, &gloss))
                continue;
            for (size_t k = 0; k < count; k++) {
                char spaced[DICT_WORD_MAX];
                str_copy(spaced, sizeof spaced, words[k]);
                for (char *c = spaced; *c; c++)
                    *c = *c == '_' ? ' ' : *c;
                if (!str_ieq(words[k], str_of(base)) && !listed(out, from, str_of(spaced)))
                    buf_printf(out, "%s\n", spaced);
            }
        }
    }
    return found;
}

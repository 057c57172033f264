#include "kb/sentence.h"

enum { SHORT_LINE = 50 }; /* bytes: a line of running text that ends here was ended on purpose */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* What may stand between the mark and the end: closing quotes and brackets. */
static const char *const closing[] = {"\"", "'", ")", "]", "”", "’", "»", "」", "』", "）", "】", "》"};
static const char *const full_stops[] = {"。", "！", "？", "；", "…"};
/* Before whose full stop a sentence goes on. */
static const char *const abbreviations[] = {"e.g", "i.e", "etc", "vs",  "cf",     "Mr",   "Mrs",
                                            "Dr",  "St",  "No",  "Fig", "approx", "resp", "incl"};

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Which of the words stands at s: its length, or 0. */
static size_t one_of(struct str s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_starts(s, str_of(words[i])))
            return strlen(words[i]);
    return 0;
}

static size_t skip_closing(struct str s, size_t at)
{
    for (size_t n; (n = one_of(str_skip(s, at), closing, COUNT(closing)));)
        at += n;
    return at;
}

/* The full stop at `dot` belongs to an abbreviation or an initial. */
static bool is_abbreviated(struct str s, size_t dot)
{
    size_t begin = dot;
    while (begin > 0 && !is_blank(s.ptr[begin - 1]) && s.ptr[begin - 1] != '(')
        begin--;
    struct str word = str_from(s.ptr + begin, dot - begin);
    if (word.len == 1 && ((word.ptr[0] >= 'A' && word.ptr[0] <= 'Z') || is_lower(word.ptr[0])))
        return true;
    for (size_t i = 0; i < COUNT(abbreviations); i++)
        if (str_ieq(word, str_of(abbreviations[i])))
            return true;
    return false;
}

/* The end of a sentence whose mark stands at `at`; 0: it is none. */
static size_t after_mark(struct str s, size_t at)
{
    size_t n = one_of(str_skip(s, at), full_stops, COUNT(full_stops));
    if (n)
        return skip_closing(s, at + n);
    if (s.ptr[at] != '.' && s.ptr[at] != '!' && s.ptr[at] != '?')
        return 0;
    size_t end = skip_closing(s, at + 1), next = end;
    if (end < s.len && !is_blank(s.ptr[end]))
        return 0;
    while (next < s.len && is_blank(s.ptr[next]))
        next++;
    if (s.ptr[at] == '.' && (is_abbreviated(s, at) || (next < s.len && is_lower(s.ptr[next]))))
        return 0;
    return end;
}

static bool begins_item(struct str s)
{
    static const char *const marks[] = {"- ", "* ", "+ ", "•", "· ", "# ", "## ", "### ", "$ ", "> ", "| "};
    if (one_of(s, marks, COUNT(marks)))
        return true;
    size_t digits = 0;
    while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9')
        digits++;
    return digits > 0 && digits < 4 && digits + 1 < s.len && (s.ptr[digits] == '.' || s.ptr[digits] == ')') && s.ptr[digits + 1] == ' ';
}

/* The line that began at `begin` is over at `at`, a line feed: is the sentence, too? */
static bool ends_with_line(struct str s, size_t begin, size_t at)
{
    size_t next = at + 1;
    while (next < s.len && (s.ptr[next] == ' ' || s.ptr[next] == '\t' || s.ptr[next] == '\r'))
        next++;
    if (next >= s.len || s.ptr[next] == '\n' || at - begin < SHORT_LINE)
        return true;
    return begins_item(str_skip(s, next));
}

bool sentence_next(struct str *rest, struct str *ret)
{
    struct str s = *rest;
    while (s.len && is_blank(s.ptr[0]))
        s = str_skip(s, 1);
    if (!s.len)
        return false;
    size_t end = s.len, line = 0;
    for (size_t at = 1, n; at < s.len; at++) {
        if (s.ptr[at] == '\n') {
            if (ends_with_line(s, line, at)) {
                end = at;
                break;
            }
            line = at + 1;
        } else if ((n = after_mark(s, at))) {
            end = n;
            break;
        }
    }
    *ret = str_trim(str_head(s, end));
    *rest = str_skip(s, end);
    return true;
}

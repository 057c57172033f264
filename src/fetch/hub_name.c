/* Names and what they mean: nothing here asks anybody. */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>

#include "fetch/hub.h"

static const char suffix[] = ".gguf";

static bool plain(struct str s, const char *also)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (!(c < 0x80 && isalnum(c)) && !(c && strchr(also, c)))
            return false;
    }
    return s.len > 0;
}

/* A segment of a path: no "." and "..", nothing hidden, nothing that looks like an option. */
static bool segment_fit(struct str s, const char *also)
{
    return s.len && s.len <= HUB_FILE_MAX && s.ptr[0] != '.' && s.ptr[0] != '-' && plain(s, also);
}

bool hub_path_fit(struct str path)
{
    struct str rest = path, segment, end = str_of(suffix);
    if (path.len > HUB_NAME_MAX || path.len <= end.len || !str_ieq(str_skip(path, path.len - end.len), end))
        return false;
    if (path.ptr[path.len - 1] == '/')
        return false;
    while (rest.len && str_split(&rest, '/', &segment))
        if (!segment_fit(segment, "._-+()@,= "))
            return false;
    return segment.len > end.len;
}

bool hub_revision_fit(struct str revision)
{
    return revision.len <= 100 && revision.len && revision.ptr[0] != '-' && revision.ptr[0] != '.' && revision.ptr[0] != '/' &&
           plain(revision, "._-/") && str_find(revision, STR(".."), 0) < 0;
}

bool hub_name_parse(struct str text, struct hub_name *ret)
{
    struct hub_name n = {0};
    if (text.len > HUB_NAME_MAX || !str_split(&text, '/', &n.org) || !text.len)
        return false;
    ptrdiff_t end = str_chr(text, '/'), colon = str_chr(text, ':');
    if (colon >= 0 && end >= 0)
        return false;
    ptrdiff_t cut = colon >= 0 ? colon : end;
    n.repo = cut >= 0 ? str_head(text, (size_t)cut) : text;
    struct str rest = cut >= 0 ? str_skip(text, (size_t)cut + 1) : (struct str){0};
    if (colon >= 0)
        n.quant = rest;
    else
        n.file = rest;
    if (!segment_fit(n.org, "._-") || !segment_fit(n.repo, "._-") || (cut >= 0 && !rest.len))
        return false;
    if ((colon >= 0 && !segment_fit(n.quant, "._-")) || (end >= 0 && !hub_path_fit(n.file)))
        return false;
    *ret = n;
    return true;
}

/* RFC 8288: <address>; param; param, <address>; … */
struct str hub_next_link(struct str header)
{
    while (header.len) {
        ptrdiff_t open = str_chr(header, '<');
        if (open < 0)
            break;
        header = str_skip(header, (size_t)open + 1);
        ptrdiff_t close = str_chr(header, '>');
        if (close < 0)
            break;
        struct str address = str_head(header, (size_t)close), params;
        header = str_skip(header, (size_t)close + 1);
        if (!header.len || !str_split(&header, ',', &params))
            break;
        if (str_find(params, STR("rel=\"next\""), 0) >= 0 || str_find(params, STR("rel=next"), 0) >= 0)
            return address;
    }
    return (struct str){0};
}

/* ---- listings */

void hub_list_free(struct hub_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i].path);
    free(list->items);
    *list = (struct hub_list){0};
}

static int list_add(struct hub_list *list, struct str path, uint64_t size, struct str digest)
{
    if (list->n == HUB_FILES_MAX)
        return ERR_LIMIT;
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 32;
        struct hub_entry *more = reallocarray(list->items, cap, sizeof *more);
        if (!more)
            return ERR_NOMEM;
        list->items = more;
        list->cap = cap;
    }
    struct hub_entry *f = &list->items[list->n];
    *f = (struct hub_entry){.path = str_dup(path), .size = size};
    if (!f->path)
        return ERR_NOMEM;
    if (str_starts(digest, STR("sha256:")))
        digest = str_skip(digest, 7);
    if (!digest_parse(digest, f->sha256))
        f->sha256[0] = 0;
    list->n++;
    return OK;
}

static struct str text_of(const json_t *v)
{
    return json_is_string(v) ? str_from(json_string_value(v), json_string_length(v)) : (struct str){0};
}

static int read_entry(const json_t *v, struct hub_list *list)
{
    struct str path = text_of(json_object_get(v, "path"));
    const json_t *lfs = json_object_get(v, "lfs"), *size = json_object_get(lfs ? lfs : v, "size");
    if (!str_eq(text_of(json_object_get(v, "type")), STR("file")) || !hub_path_fit(path))
        return OK; /* not ours to load, or not by that name */
    if (!json_is_integer(size) || json_integer_value(size) <= 0)
        return ERR_CORRUPT;
    return list_add(list, path, (uint64_t)json_integer_value(size), text_of(json_object_get(lfs, "oid")));
}

int hub_list_read(struct str json, struct hub_list *list, struct err *e)
{
    json_error_t why;
    json_t *root = json_loadb(json.ptr ? json.ptr : "", json.len, 0, &why);
    int rc = json_is_array(root) ? OK : ERR_CORRUPT;
    for (size_t i = 0; !rc && i < json_array_size(root); i++)
        rc = read_entry(json_array_get(root, i), list);
    json_decref(root);
    if (rc == ERR_CORRUPT)
        return err_set(e, rc, "the hub's list of files is not what it should be");
    return rc ? err_set(e, rc, rc == ERR_LIMIT ? "the repository has more than %d model files" : "out of memory", HUB_FILES_MAX) : OK;
}

/* ---- choosing */

static struct str stem_of(struct str path)
{
    struct str name = str_skip(path, (size_t)(str_rchr(path, '/') + 1));
    return str_head(name, name.len - (sizeof suffix - 1));
}

/* Model-00001-of-00003: *ret_parts is 3, and the stem is cut to "Model". */
static bool cut_part(struct str *stem, uint64_t *ret_parts)
{
    enum { TAIL = sizeof "-00001-of-00003" - 1 };
    struct str tail = stem->len > TAIL ? str_skip(*stem, stem->len - TAIL) : (struct str){0};
    uint64_t number;
    if (!tail.len || tail.ptr[0] != '-' || !str_eq(str_from(tail.ptr + 6, 4), STR("-of-")))
        return false;
    if (str_to_u64(str_from(tail.ptr + 1, 5), &number) || str_to_u64(str_from(tail.ptr + 10, 5), ret_parts))
        return false;
    *stem = str_head(*stem, stem->len - TAIL);
    return true;
}

static bool in_parts(struct str path)
{
    struct str stem = stem_of(path);
    uint64_t parts = 1;
    return cut_part(&stem, &parts) && parts > 1;
}

struct str hub_quant_of(struct str path)
{
    struct str stem = stem_of(path);
    uint64_t parts;
    cut_part(&stem, &parts);
    for (size_t i = stem.len; i > 0; i--)
        if (stem.ptr[i - 1] == '-' || stem.ptr[i - 1] == '.')
            return str_skip(stem, i);
    return stem;
}

/* Does the name end in that quantisation? "UD-Q4_K_XL" and "Q4_K_XL" both name Model-UD-Q4_K_XL. */
static bool is_quant(struct str path, struct str quant)
{
    struct str stem = stem_of(path);
    uint64_t parts;
    cut_part(&stem, &parts);
    if (stem.len < quant.len || !str_ieq(str_skip(stem, stem.len - quant.len), quant))
        return false;
    return stem.len == quant.len || strchr("-._", stem.ptr[stem.len - quant.len - 1]) != NULL;
}

/* Parts of a repository that are no language models. */
static bool beside_the_point(struct str path)
{
    struct str stem = stem_of(path);
    return str_ieq(str_head(stem, 6), STR("mmproj")) || str_find(stem, STR("imatrix"), 0) >= 0;
}

static int refuse(const struct hub_list *list, struct str quant, struct err *e)
{
    struct buf names = buf_make(300);
    for (size_t i = 0; i < list->n; i++) {
        struct str path = str_of(list->items[i].path), q = hub_quant_of(path);
        if (beside_the_point(path))
            continue;
        if (names.len + q.len + 8 > names.max) {
            buf_puts(&names, " …");
            break;
        }
        if (str_find(buf_str(&names), q, 0) < 0 || !names.len)
            buf_printf(&names, "%s" STR_FMT, names.len ? ", " : "", STR_ARG(q));
    }
    int rc;
    if (!names.len)
        rc = err_set(e, ERR_NOENT, "the repository has no .gguf file; look for one whose name ends in GGUF");
    else if (quant.len)
        rc = err_set(e, ERR_NOENT, "there is no " STR_FMT " in the repository, but %s", STR_ARG(quant), buf_cstr(&names));
    else
        rc = err_set(e, ERR_NOENT, "say which one is meant, such as ORG/REPO:QUANT; there are %s", buf_cstr(&names));
    buf_free(&names);
    return rc;
}

/* The file of that quantisation with the shortest name, whole ones first. */
static const struct hub_entry *of_quant(const struct hub_list *list, struct str quant)
{
    const struct hub_entry *best = NULL;
    for (size_t i = 0; i < list->n; i++) {
        const struct hub_entry *f = &list->items[i];
        struct str path = str_of(f->path);
        if (beside_the_point(path) || !is_quant(path, quant))
            continue;
        bool better = !best || (in_parts(str_of(best->path)) && !in_parts(path)) ||
                      (in_parts(str_of(best->path)) == in_parts(path) && path.len < strlen(best->path));
        if (better)
            best = f;
    }
    return best;
}

static const struct hub_entry *best_of(const struct hub_list *list)
{
    /* Best first: of those that answer well, the one that answers fastest. */
    static const char *const wishes[] = {"Q4_K_M", "Q4_0", "Q4_K_S", "Q5_K_M", "Q5_K_S", "Q6_K", "Q8_0", "BF16", "F16"};
    const struct hub_entry *only = NULL, *f;
    size_t n = 0;
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
        if ((f = of_quant(list, str_of(wishes[i]))))
            return f;
    for (size_t i = 0; i < list->n; i++)
        if (!beside_the_point(str_of(list->items[i].path))) {
            only = &list->items[i];
            n++;
        }
    return n == 1 ? only : NULL;
}

int hub_choose(const struct hub_list *list, struct str quant, const struct hub_entry **ret, struct err *e)
{
    const struct hub_entry *f = quant.len ? of_quant(list, quant) : best_of(list);
    if (!f)
        return refuse(list, quant, e);
    if (in_parts(str_of(f->path)))
        return err_set(e, ERR_UNSUPPORTED,
                       "%s comes in several parts, which hearth does not read yet; choose another quantisation or "
                       "another repository that has it in one file",
                       f->path);
    *ret = f;
    return OK;
}

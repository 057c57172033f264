/* The text of NAME.part.state. */
#include "fetch/digest.h"
#include "fetch/part.h"

static const char magic[] = "hearth part 1";

void part_state_write(const struct part_source *s, const uint8_t *pieces, size_t n_pieces, struct buf *out)
{
    char digest[DIGEST_HEX + 1];
    buf_printf(out, "%s\nurl " STR_FMT "\nsha256 " STR_FMT "\nvalidator " STR_FMT "\nsize %llu\npieces ", magic, STR_ARG(s->url),
               STR_ARG(s->sha256), STR_ARG(s->validator), (unsigned long long)s->size);
    for (size_t i = 0; i < n_pieces; i++)
        buf_putc(out, pieces[i] == PIECE_DONE ? '1' : '0');
    buf_putc(out, '\n');
    digest_of_text(buf_str(out), digest);
    buf_printf(out, "end %s\n", digest);
}

/* Takes the line "KEY value" off the text. */
static bool take(struct str *text, const char *key, struct str *ret)
{
    struct str line, name = str_of(key);
    if (!text->len || str_chr(*text, '\n') < 0 || !str_split(text, '\n', &line) || !str_starts(line, name))
        return false;
    line = str_skip(line, name.len);
    if (!line.len || line.ptr[0] != ' ')
        return false;
    *ret = str_skip(line, 1);
    return true;
}

static bool digest_holds(struct str *text)
{
    char digest[DIGEST_HEX + 1];
    struct str all = *text, end;
    if (!all.len || all.ptr[all.len - 1] != '\n')
        return false;
    ptrdiff_t before = str_rchr(str_head(all, all.len - 1), '\n');
    if (before < 0)
        return false;
    struct str tail = str_skip(all, (size_t)before + 1);
    *text = str_head(all, (size_t)before + 1);
    digest_of_text(*text, digest);
    return take(&tail, "end", &end) && str_eq(end, str_of(digest));
}

/* With a digest the end decides whether the bytes were right; without one the address and the validator must be what they were. */
static bool same_source(const struct part_source *s, struct str url, struct str sha256, struct str validator)
{
    if (s->sha256.len)
        return str_eq(s->sha256, sha256);
    return !sha256.len && str_eq(s->url, url) && s->validator.len && str_eq(s->validator, validator);
}

static bool take_apart(struct str text, struct part_source *ret, struct str *ret_bits)
{
    struct str line, size_text;
    if (!digest_holds(&text) || !str_split(&text, '\n', &line) || !str_eq(line, str_of(magic)))
        return false;
    if (!take(&text, "url", &ret->url) || !take(&text, "sha256", &ret->sha256) || !take(&text, "validator", &ret->validator) ||
        !take(&text, "size", &size_text) || !take(&text, "pieces", ret_bits) || str_to_u64(size_text, &ret->size))
        return false;
    for (size_t i = 0; i < ret_bits->len; i++)
        if (ret_bits->ptr[i] != '0' && ret_bits->ptr[i] != '1')
            return false;
    return true;
}

bool part_state_read(struct str text, const struct part_source *s, uint8_t *pieces, size_t n_pieces)
{
    struct part_source was;
    struct str bits;
    if (!take_apart(text, &was, &bits) || !same_source(s, was.url, was.sha256, was.validator) || was.size != s->size ||
        bits.len != n_pieces)
        return false;
    for (size_t i = 0; i < n_pieces; i++)
        pieces[i] = bits.ptr[i] == '1' ? PIECE_DONE : PIECE_FREE;
    return true;
}

bool part_state_describe(struct str text, struct part_source *ret, uint64_t *ret_done)
{
    struct str bits;
    uint64_t done = 0;
    if (!take_apart(text, ret, &bits) || ret->size > PART_BYTES_MAX || bits.len != (ret->size + PART_PIECE - 1) / PART_PIECE)
        return false;
    struct part all = {.size = ret->size};
    for (size_t i = 0; i < bits.len; i++)
        done += bits.ptr[i] == '1' ? part_piece_bytes(&all, i) : 0;
    *ret_done = done;
    return true;
}

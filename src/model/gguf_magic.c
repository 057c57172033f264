#include "model/gguf_magic.h"

#include <inttypes.h>

#include "base/wire.h"
#include "model/gguf_internal.h"

/* What a file that is no GGUF begins with, and what its owner may do. The first row that fits is used. */
static const struct {
    struct str head;
    const char *what;
} others[] = {
    {{"lmgg", 4}, "a GGML file from before GGUF; get the model again as GGUF"},
    {{"fmgg", 4}, "a GGML file from before GGUF; get the model again as GGUF"},
    {{"tjgg", 4}, "a GGML file from before GGUF; get the model again as GGUF"},
    {{"PK\003\004", 4}, "a zip archive (perhaps PyTorch weights); get the model as GGUF"},
    {{"version https://git-lfs", 23}, "a Git LFS pointer, not the model itself; fetch it with: git lfs pull"},
    {{"<!", 2}, "a web page; the download gave a page in place of the model"},
    {{"<html", 5}, "a web page; the download gave a page in place of the model"},
    {{"{", 1}, "a text file (JSON)"},
};

/* Types of ggml that hearth does not read, for a sentence that says more than a number. */
static const struct {
    uint32_t id;
    const char *name;
} foreign_types[] = {
    {9, "Q8_1"},   {15, "Q8_K"},  {16, "IQ2_XXS"}, {17, "IQ2_XS"}, {18, "IQ3_XXS"}, {19, "IQ1_S"},
    {21, "IQ3_S"}, {22, "IQ2_S"}, {23, "IQ4_XS"},  {24, "I8"},     {25, "I16"},     {26, "I32"},
    {27, "I64"},   {28, "F64"},   {29, "IQ1_M"},   {34, "TQ1_0"},  {35, "TQ2_0"},   {39, "MXFP4"},
};

const char *gguf_foreign_type_name(uint32_t id)
{
    for (size_t i = 0; i < sizeof foreign_types / sizeof *foreign_types; i++)
        if (foreign_types[i].id == id)
            return foreign_types[i].name;
    return "unknown";
}

static int not_gguf(struct str file, struct err *e)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (str_starts(file, others[i].head))
            return err_set(e, ERR_CORRUPT, "this is not a GGUF file but %s", others[i].what);
    if (file.len > 10 && file.ptr[8] == '{' && file.ptr[9] == '"')
        return err_set(e, ERR_CORRUPT, "this is not a GGUF file but safetensors weights; get the model as GGUF");
    return err_set(e, ERR_CORRUPT, "this is not a GGUF file: it begins with \"%s\", not with \"GGUF\"", gguf_show(str_head(file, 16)).text);
}

int gguf_check_magic(struct str file, uint32_t *ret_version, struct err *e)
{
    if (!file.len)
        return err_set(e, ERR_CORRUPT, "this is not a GGUF file: it is empty");
    if (str_starts(file, STR("FUGG")))
        return err_set(e, ERR_UNSUPPORTED, "this GGUF file is big-endian (its first bytes are \"FUGG\"); get a little-endian one");
    if (!str_starts(file, str_head(STR("GGUF"), file.len)))
        return not_gguf(file, e);
    if (file.len < 8)
        return err_set(e, ERR_CORRUPT, "the file is truncated: version at offset 4 goes past the end (%zu bytes)", file.len);
    struct reader r = reader_of(file.ptr + 4, 4);
    uint32_t version = read_u32(&r);
    if (version && !(version & 0xffff))
        return err_set(e, ERR_UNSUPPORTED, "this GGUF file is big-endian (version at offset 4 is 0x%08" PRIx32 "); get a little-endian one",
                       version);
    if (version < 2 || version > 3)
        return err_set(e, ERR_UNSUPPORTED, "GGUF version at offset 4 is %" PRIu32 ", but hearth reads versions 2 and 3", version);
    *ret_version = version;
    return OK;
}

/* A rendered conversation on its way to tokens. What lies between two special tokens, the format's and people's text together, is encoded
 * in one piece, so that the tokens are those that encoding the whole text would have given ("\n" of the format and "\n" of a content may
 * be one token). Failure is sticky. */
#ifndef MODEL_TEXT_CHAT_TOKENS_H
#define MODEL_TEXT_CHAT_TOKENS_H

#include "model/vocab.h"

struct chat_tokens {
    const struct vocab *v;
    struct tokens *out;
    size_t before;      /* length of out at the beginning */
    struct buf pending; /* text since the last special token */
    int failed;
};

struct chat_tokens chat_tokens_begin(const struct vocab *v, struct tokens *out);
void chat_tokens_put(struct chat_tokens *c, uint32_t token);
/* Text that is only text, whatever it looks like. */
void chat_tokens_text(struct chat_tokens *c, struct str text);
/* Text in which the names of special tokens become these. */
void chat_tokens_own(struct chat_tokens *c, struct str text);
/* The result, and the buffer's end. On failure out is as it was at the beginning. */
int chat_tokens_end(struct chat_tokens *c, struct err *e);

#endif

/* Chat formats, recognised from a file's template by what only that format contains: the fallback for templates that cannot be rendered
 * (chat_template.h), and what says which texts end a turn.
 *
 * Rendering gives tokens, not text: the markers become special tokens, what people wrote never does, so nobody can forge
 * a turn by typing <|im_start|>. */
#ifndef MODEL_CHAT_H
#define MODEL_CHAT_H

#include "gen/request.h"
#include "model/vocab.h"

struct chat_format; /* a row of a table: chatml, llama2, llama3, mistral, mistral-v1, -v3, -v7, -tekken, …, plain */

/* An empty or unknown template gives "plain": the contents as they are, a line end between two of them, for the model to
 * continue. So a single message is a plain completion. */
const struct chat_format *chat_format_recognise(struct str template_text);
const char *chat_format_name(const struct chat_format *f);
bool chat_format_is_plain(const struct chat_format *f);
/* Appends the conversation, ready for the assistant's turn (unless continue_last). ERR_INVAL with a sentence for a
 * conversation that the format cannot carry. */
int chat_render(const struct chat_format *f, const struct vocab *v, const struct gen_message *messages, size_t n, bool continue_last,
                struct tokens *out, struct err *e);
/* Texts that end an assistant's turn in formats without a token for it; NULL-terminated, may be empty. */
const char *const *chat_format_stops(const struct chat_format *f);

#endif

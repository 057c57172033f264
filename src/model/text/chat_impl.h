/* A row of the table of chat formats. */
#ifndef MODEL_TEXT_CHAT_IMPL_H
#define MODEL_TEXT_CHAT_IMPL_H

#include "model/chat.h"

/* In the texts of a row: the vocabulary's begin and end tokens, whatever they are called. */
#define CHAT_BOS "\1"
#define CHAT_EOS "\2"

enum system_place {
    SYSTEM_OWN_TURN,   /* a message like any other */
    SYSTEM_FIRST_USER, /* within the first user's message, before its text */
    SYSTEM_LAST_USER,  /* within the last user's message */
};

struct chat_around {
    const char *before, *after; /* NULL: the format has no such role */
};

struct chat_format {
    const char *name;
    const char *signs[2]; /* a template that has all of these is of this format; the first row that fits wins */
    enum system_place system;
    struct chat_around role[GEN_ROLE_COUNT];
    const char *start; /* of the conversation; NULL: the begin token when the vocabulary adds one */
    bool trim;         /* white space around contents is dropped, as the template does */
    const char *const *stops;
};

extern const struct chat_format chat_formats[];

/* What no way of rendering can carry: no messages, unknown roles, an end that cannot be continued. */
int chat_check_turns(const struct gen_message *m, size_t n, bool continue_last, struct err *e);

#endif

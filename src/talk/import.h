/* Between the files of the import. */
#ifndef TALK_IMPORT_H
#define TALK_IMPORT_H

#include <jansson.h>

#include "talk/exchange.h"

/* A node as the file has it. */
struct import_node {
    struct str id, parent; /* parent.ptr NULL: a root */
    bool keep;             /* false: its children move up to its parent */
    struct talk_message m;
};

/* A conversation as it will be stored: kept nodes only, each behind its parent. */
struct import_tree {
    struct talk_conversation c;
    struct str origin; /* "KIND:ID"; what a second import finds again */
    struct str own_id; /* what it was called in a hearth, or ptr NULL */
    struct talk_message *messages;
    int32_t *parents; /* [n]: index of the parent, -1: a root */
    size_t n;
    int32_t leaf; /* -1: none */
};

/* One element of the file; strings point into the JSON or the arena. ERR_INVAL with the reason why it is skipped; ERR_NOMEM. */
typedef int import_read(json_t *v, int64_t now_ms, struct arena *a, struct import_tree *ret, struct err *e);
import_read import_hearth, import_chatgpt;

/* Turns nodes into t->messages, t->parents and t->leaf: `current` names the node at which the shown branch ends. */
int import_build(struct import_node *nodes, size_t n, struct str current, struct arena *a, struct import_tree *t, struct err *e);

/* Members of objects, "" or 0 when they are of another type. */
struct str import_str(json_t *object, const char *key);
/* ptr NULL when it is no text, or an empty one. */
struct str import_maybe(json_t *object, const char *key);
/* Milliseconds, from a member that is in `scale`ths of them; `otherwise` when it is none or nonsense. */
int64_t import_ms(json_t *object, const char *key, double scale, int64_t otherwise);

/* What a text in JSON costs when it is taken apart, about; looks no further than TALK_IMPORT_VALUES_MAX. */
size_t import_values(struct str json);

/* For the fuzzer: every tree is built, nothing is stored. */
void import_check(struct talk_import *i);

#endif

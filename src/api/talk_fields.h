/* Bodies of the requests about conversations, messages and presets. */
#ifndef API_TALK_FIELDS_H
#define API_TALK_FIELDS_H

#include "api/fields.h"
#include "talk/talk.h"

extern const struct field api_conversation_fields[], api_message_fields[], api_answer_fields[], api_rating_fields[], api_preset_fields[],
    api_check_fields[];
extern const size_t api_n_conversation_fields, api_n_message_fields, api_n_answer_fields, api_n_rating_fields, api_n_preset_fields,
    api_n_check_fields;

/* Target of api_conversation_fields. */
struct conversation_body {
    struct talk_patch patch;
};
/* of api_message_fields */
struct message_body {
    struct talk_post post;
};
/* of api_rating_fields */
struct rating_body {
    bool given;
    int rating;
};
/* of api_check_fields */
struct check_body {
    struct str settings;
};
/* A null takes away what a text would set: fields_read cannot tell it from an absent one. */
void conversation_body_nulls(json_t *root, struct talk_patch *p);

#endif

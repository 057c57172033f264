/* Rows as JSON, the same in answers of the API and in exports. */
#ifndef TALK_PUT_H
#define TALK_PUT_H

#include "base/json.h"
#include "talk/talk.h"

/* Members of a conversation into an object that is open: what lists show, without the count of its messages; */
void put_summary(struct json *j, const struct talk_conversation *c);
/* that count; a whole conversation has the messages themselves under this name; */
void put_count(struct json *j, const struct talk_conversation *c);
/* system, settings, leaf. */
void put_details(struct json *j, const struct talk_conversation *c);
/* Members of a message into an object that is open: all but its id, parent and texts. */
void put_facts(struct json *j, const struct talk_message *m);
/* A whole object. `texts`: with those of the attachments. */
void put_message(struct json *j, const struct talk_message *m, bool texts);
void put_messages(struct json *j, const struct talk_message *m, size_t n, bool texts);
/* "calls" of an answer or "results" of a tool's message, into an object that is open; nothing when there are none. */
void put_calls(struct json *j, const struct talk_message *m);
void put_preset(struct json *j, const struct talk_preset *p);

#endif

/* `hearth ask`: one question and its answer. Nothing of it is kept: it goes to /v1/chat/completions, not into a conversation. */
#ifndef APP_CHAT_ASK_H
#define APP_CHAT_ASK_H

#include "app/app.h"

/* a->args say what. Returns an exit code. */
int ask_run(struct app *a);

#endif

#include "app/chat/chat.h"

int verb_chat(struct app *a)
{
    return chat_run(a);
}

#include "app/chat/ask.h"

int verb_ask(struct app *a)
{
    return ask_run(a);
}

#include "gen/event.h"

static const char *const finish_names[GEN_FINISH_COUNT] = {
    [GEN_FINISH_STOP] = "stop",         [GEN_FINISH_LENGTH] = "length",         [GEN_FINISH_CANCELED] = "canceled",
    [GEN_FINISH_DEADLINE] = "deadline", [GEN_FINISH_TOOL_CALLS] = "tool_calls",
};

const char *gen_finish_name(enum gen_finish f)
{
    return (unsigned)f < GEN_FINISH_COUNT ? finish_names[f] : "unknown";
}

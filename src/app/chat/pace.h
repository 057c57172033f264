/* How fast an answer comes, on the last line of the terminal while the answer scrolls above it. Only on a terminal that knows colours, and
 * so the sequences that this needs: a scrolling region that leaves out the last line (DECSTBM), and saving the cursor (DECSC). */
#ifndef APP_CHAT_PACE_H
#define APP_CHAT_PACE_H

#include "app/client.h"

struct pace {
    const struct app *app;
    int rows;       /* of the terminal; 0: nothing is shown */
    double shown_s; /* last */
};

/* `piece`: the data of a text event. A few times a second, and not before an answer takes its time. */
void pace_show(struct pace *p, const json_t *piece);
/* Gives the line back. Harmless when nothing is shown. */
void pace_end(struct pace *p);

#endif

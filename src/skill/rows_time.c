/* Time, dates, calendars. */
#include "skill/rows.h"

/* clang-format off */
const struct row rows_time[] = {
    {"time", "(?:what(?:'s| is|s)? (?:the )?(?:current |exact |local )?time(?: is it)?(?: now| right now| here| currently| at the moment)?|(?:what )?time(?: is it)?(?: now)?|(?:the )?current time|do you (?:have|know) (?:the|what) time(?: it is)?|(?:tell|give) me the (?:current |exact )?time|how late is it|clock|what time (?:do|have) (?:you|we)(?: got| have)?)(?: right)?(?: now)?", NULL},
    {"time", "(?:现在|此刻|目前|当前)?(?:是|的)?(?:几点|什么时间|什么时候|时间)(?:钟)?了?(?:是(?:几点|多少|什么))?(?:现在)?|(?:现在|当前)(?:的)?时间|报时|报一下时间?|看(?:一下)?时间|几点钟?了", NULL},
};
/* clang-format on */
const size_t n_rows_time = sizeof rows_time / sizeof *rows_time;

/* What is kept and done: arithmetic, reminders, notes, lists. */
#include "skill/rows.h"

/* clang-format off */
#define HOW "(?:what(?:'s| is|s|'re| are)?|how much(?: is| are|'s| would .{0,12}be)?|calculate|compute|work out|figure out|evaluate|solve|tell me|give me|the result of|do the math(?:s)?(?: on| for)?:?|what do (?:i|you) get (?:for|from|if i)|what does|find)"
const struct row rows_do[] = {
    {"calculate", "(?:" HOW ",? )?(?:what(?:'s| is) )?(?<expression>.*[\\d\\w)!%])(?: (?:equals?|make|makes|come to|come out to|be|is|add up to))?(?: ?=)?(?: ?\\?)?", NULL},
    {"calculate", "(?:计算|算|算算|算一下|算一算|求|问)?(?:一下)?(?:[,，:：]? ?)(?<expression>.*[\\d\\p{Han})!%])(?:(?:是|等于|得|为|一共|总共|合计|结果)+(?:多少|几|什么)?(?:钱)?|=)?(?:\\?)?", NULL},
};
/* clang-format on */
const size_t n_rows_do = sizeof rows_do / sizeof *rows_do;

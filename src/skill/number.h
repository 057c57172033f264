/* Numbers as people write and say them, in English and Chinese: 1,240 · 3.5 · 1 1/2 · twenty-one · three and a half · 一百二十 · 三分之一
 * · 1.5万. */
#ifndef SKILL_NUMBER_H
#define SKILL_NUMBER_H

#include "base/str.h"

/* The whole of s (spaces around it are fine) as a number; false leaves *ret untouched. At most NUMBER_BYTES_MAX bytes are looked at. */
enum { NUMBER_BYTES_MAX = 200 };
bool number_parse(struct str s, double *ret);

/* What a number may look like, for the patterns of grammars: no group captures. Without bounds: put \b or a neighbour around it. */
#define NUMBER_DIGITS "\\d+(?:,\\d{3})*(?:\\.\\d+)?"
#define NUMBER_WORD                                                                                                               \
    "(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"         \
    "eighteen|nineteen|twenty|thirty|forty|fourty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|half|dozen|" \
    "third|quarter)"
#define NUMBER_EN                                                                                                                  \
    "(?:-?" NUMBER_DIGITS "(?: " NUMBER_DIGITS "/\\d+|/\\d+)?(?: ?(?:k|thousand|million|billion|hundred|dozen)\\b)?"               \
    "(?: and a (?:half|quarter))?|(?:a couple(?: of)?|a few|(?:a |an |minus |negative )?" NUMBER_WORD "(?:(?:[ -]|,? and )(?:a )?" \
    "(?:point )?" NUMBER_WORD ")*(?: point(?: " NUMBER_WORD ")+)?s?)\\b)"
#define NUMBER_ZH                                                                                                                                    \
    "(?:[负-]?(?:百分之)?(?:\\d+(?:,\\d{3})*(?:\\.\\d+)?[十百千万亿]*|[零〇一二三四五六七八九十百千万亿两俩半]+)(?:点[" \
    "零〇一二三四五六七八九]+)?"                                                                                                          \
    "(?:分之[零〇一二三四五六七八九十百千万亿两\\d]+)?)"

#endif

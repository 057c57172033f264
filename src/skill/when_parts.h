/* The parts that when_scan looks for: a pattern and what its match says. */
#ifndef SKILL_WHEN_PARTS_H
#define SKILL_WHEN_PARTS_H

#include "skill/rx.h"
#include "skill/when.h"

struct part {
    const char *pattern;
    /* Adds to w; false: it does not fit what is there already, or is no date. */
    bool (*take)(const struct saying *s, const struct rx_match *m, struct when *w);
    bool filler; /* joins others, and is no expression alone */
};
extern const struct part when_parts[], when_rules[];
extern const size_t n_when_parts, n_when_rules;
#define WEEKDAY_EN "(?:mon|tues?|wed(?:nes)?|thur?s?|fri|satur|sat|sun)(?:day)?s?\\b\\.?"
#define MONTH_EN                                                                                                                        \
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:" \
    "ember)?)\\b\\.?"
#define ORDINAL_EN                                                                                                                        \
    "(?:\\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|" \
    "fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twent(?:ieth|y[- "                                                             \
    "](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth))|"                                                                   \
    "thirt(?:ieth|y[- ]first)|last)\\b"
int weekday_of(struct str s); /* -1: none */
int month_of(struct str s);   /* 0: none */
int ordinal_of(struct str s); /* 0: none; -1: last */
bool when_put_date(struct when *w, int64_t day);
bool when_put_tod(struct when *w, int hour, int minute, bool bare);

#endif

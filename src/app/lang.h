/* The two languages in which the program speaks. */
#ifndef APP_LANG_H
#define APP_LANG_H

enum lang { LANG_EN, LANG_ZH };

/* A text in both; tables of settings, verbs and options hold these. */
struct bilingual {
    const char *en, *zh;
};
static inline const char *say(enum lang l, struct bilingual b)
{
    return l == LANG_ZH ? b.zh : b.en;
}

/* From the first of HEARTH_LANG, LC_ALL, LC_MESSAGES, LANG that is set: Chinese when it begins with "zh". */
enum lang lang_detect(void);

#endif

/* Countries, languages and currencies from Debian's iso-codes (JSON), with their Chinese names from its translations (gettext .mo). What a
 * country pays with and speaks is a table of our own. */
#ifndef SKILL_ISO_H
#define SKILL_ISO_H

#include "base/arena.h"
#include "base/err.h"

enum iso_kind { ISO_COUNTRY, ISO_LANGUAGE, ISO_CURRENCY, ISO_KIND_COUNT };
struct iso_entry {
    struct str code2, code3, numeric; /* code2 of a currency is empty */
    struct str name, common, official, zh;
};
struct iso; /* read only */

/* ERR_NOENT: iso-codes is not installed. Files are bounded; what is not as it should be is passed over. */
int iso_load(const char *json_dir, const char *locale_dir, struct iso **ret, struct err *e);
void iso_free(struct iso *i); /* NULL is fine */
size_t iso_all(const struct iso *i, enum iso_kind kind, const struct iso_entry **ret);
/* By code or by any of its names, in either language; NULL. Case and "the" do not matter. */
const struct iso_entry *iso_find(const struct iso *i, enum iso_kind kind, struct str name);
/* "EUR", "de fr it"; false: not in the table. */
bool country_facts(struct str code2, struct str *ret_currency, struct str *ret_languages);

/* The translation of `id` in a .mo file's bytes, or {NULL, 0}. */
struct str mo_find(struct str mo, struct str id);

#endif

#include <stdlib.h>

#include "skill/dict.h"
#include "skill/grammar.h"
#include "skill/place.h"
#include "skill/sum.h"
#include "skill/tz.h"
#include "skill/understand.h"

static void default_paths(struct skill_paths *p)
{
    struct {
        const char **path, *otherwise;
    } all[] = {{&p->zoneinfo, "/usr/share/zoneinfo"}, {&p->iso, "/usr/share/iso-codes/json"}, {&p->locale, "/usr/share/locale"},
               {&p->wordnet, "/usr/share/wordnet"},   {&p->hunspell, "/usr/share/hunspell"},  {&p->root, ""}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!*all[i].path)
            *all[i].path = all[i].otherwise;
}

/* What the system has installed; without it the skills that need it say so. */
static void load_data(struct skill_env *env)
{
    const struct skill_paths *p = &env->paths;
    iso_load(p->iso, p->locale, &env->iso, NULL);
    places_load(p->zoneinfo, env->iso, &env->places, NULL);
    dict_open(p->wordnet, p->hunspell, &env->dict, NULL);
    if (env->places)
        place_country(env->places, str_of(tz_name(env->home)), env->country);
}

int skill_env_create(const struct clock *clock, const struct skill_paths *paths, struct str zone, struct skill_env **ret, struct err *e)
{
    struct skill_env *env = calloc(1, sizeof *env);
    char name[TZ_NAME_MAX];
    if (!env)
        return err_set(e, ERR_NOMEM, "out of memory");
    env->clock = clock;
    if (paths)
        env->paths = *paths;
    default_paths(&env->paths);
    if (!zone.len)
        zone = tz_system_name(env->paths.root, getenv("TZ"), name);
    int r = tz_load(env->paths.zoneinfo, zone, &env->home, e);
    if (r && r != ERR_NOMEM) /* a machine without tzdata keeps UTC */
        r = tz_load(env->paths.zoneinfo, STR("UTC"), &env->home, e);
    if (!r)
        r = grammars_create(&env->grammar, e);
    if (!r)
        r = sums_create(&env->sums, e);
    if (r) {
        skill_env_free(env);
        return r;
    }
    load_data(env);
    *ret = env;
    return OK;
}

void skill_env_free(struct skill_env *env)
{
    if (!env)
        return;
    tz_free(env->home);
    grammars_free(env->grammar);
    sums_free(env->sums);
    places_free(env->places);
    iso_free(env->iso);
    dict_close(env->dict);
    free(env);
}

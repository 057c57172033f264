#include "assistant/internal.h"
#include "skill/clean.h"

void facts_gather(struct assistant *a, struct arena *arena, struct skill_facts *ret)
{
    const struct model_entry *all;
    size_t n = runtime_models(a->c.runtime, &all);
    struct buf names = buf_make(1 << 16);
    for (size_t i = 0; i < n; i++)
        if (!all[i].encodes)
            buf_printf(&names, STR_FMT "\n", STR_ARG(all[i].name));
    *ret = (struct skill_facts){.version = a->c.version,
                                .models_dir = a->c.models_dir,
                                .data_dir = a->c.data_dir,
                                .models = arena_dup(arena, buf_str(&names))};
    buf_free(&names);
}

/* What would make it possible: a model that is here, or one that would fit. */
void honest_answer(const struct turn *t, struct str said, struct buf *out)
{
    bool zh = t->zh;
    struct str first, models = t->facts.models;
    (void)said;
    buf_puts(out, zh ? "这个我自己做不到：没有语言模型时，我只会我的技能，不会编造。"
                     : "That's beyond my own skills, and I don't make things up.");
    if (str_split(&models, '\n', &first) && first.len)
        buf_printf(out,
                   zh ? "这台机器上有模型 **" STR_FMT "**：选用“hearth/" STR_FMT "”就可以问它。"
                      : " The model **" STR_FMT "** on this machine can try: choose “hearth/" STR_FMT "”.",
                   STR_ARG(first), STR_ARG(first));
    else
        buf_puts(out, zh ? "装一个语言模型就可以：`hearth pull` 会列出适合这台机器的模型。"
                         : " A language model could do it: `hearth pull` lists those that fit this machine.");
    buf_puts(out, zh ? "说“帮助”看看我会做什么。" : " Say “help” to see what I can do.");
}

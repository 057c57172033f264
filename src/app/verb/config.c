#include "app/paths.h"
#include "app/text.h"

enum { PRINT_BYTES_MAX = 1 << 20 };

static int print(const struct app *a, struct buf *b)
{
    int failed = b->failed;
    if (!failed)
        fwrite(b->ptr, 1, b->len, stdout);
    buf_free(b);
    return failed ? complain(a, "%s", err_text(failed)) : EXIT_OK;
}

int verb_config(struct app *a)
{
    struct buf b = buf_make(PRINT_BYTES_MAX);
    if (a->args.docs) {
        config_docs(&b);
        return print(a, &b);
    }
    buf_printf(&b, "# data:   %s\n# models: %s\n# file:   %s\n", a->data_dir, a->models_dir, a->config.file ? a->config.file : "-");
    config_print(&a->config, &b);
    return print(a, &b);
}

int verb_version(struct app *a)
{
    struct cpu_info cpu;
    enum cpu_level level;
    struct err e = {0};
    printf("hearth %s\n", HEARTH_VERSION);
    if (app_cpu(a, &cpu, &level, &e))
        return complain(a, "%s", e.text);
    printf(T(a->lang, VERSION_CPU), cpu.model, cpu.n_physical, cpu_level_name(level));
    putchar('\n');
    return EXIT_OK;
}

#include "app/paths.h"
#include "app/summary.h"
#include "app/term.h"
#include "app/text.h"
#include "base/json.h"

enum { NAME_COLUMN = 40 };

static void put_json(struct json *j, const char *path, const struct summary *s, const char *problem)
{
    json_obj(j);
    json_kstr(j, "name", model_name_of(path));
    json_kcstr(j, "path", path);
    if (problem) {
        json_kcstr(j, "problem", problem);
    } else {
        json_kuint(j, "bytes", s->file_bytes);
        json_kuint(j, "params", s->n_params);
        json_kcstr(j, "arch", s->arch);
        json_kcstr(j, "quant", s->quant);
        json_kuint(j, "context", s->context);
    }
    json_obj_end(j);
}

static void print_row(const struct app *a, const char *path, const struct summary *s, const char *problem)
{
    struct str name = model_name_of(path);
    write_text(stdout, name, a->out_tty);
    printf("%*s", name.len < NAME_COLUMN ? (int)(NAME_COLUMN - name.len) : 1, "");
    if (problem)
        printf("%s\n", problem);
    else
        printf("%9s  %-8s %8s  %-10s %8u\n", bytes_text(s->file_bytes).text, s->quant, count_text(s->n_params).text, s->arch, s->context);
}

int verb_list(struct app *a)
{
    const char *const *paths = NULL;
    size_t n = 0;
    struct err e = {0};
    struct buf out = buf_make(16 << 20);
    struct json j = json_to(&out);
    int r = models_scan(a, &paths, &n, &e);
    if (r && r != ERR_NOENT)
        return complain(a, "%s", e.text);
    if (!n && !a->args.json)
        printf(T(a->lang, LIST_EMPTY), a->models_dir);
    else if (!a->args.json && a->out_tty)
        printf("%-*s%9s  %-8s %8s  %-10s %8s\n", NAME_COLUMN, "MODEL", "SIZE", "TYPE", "PARAMS", "ARCH", "CONTEXT");
    json_arr(&j);
    for (size_t i = 0; i < n; i++) {
        struct summary s;
        const char *problem = summary_of_file(paths[i], &s, &e) ? e.text : NULL;
        if (a->args.json)
            put_json(&j, paths[i], &s, problem);
        else
            print_row(a, paths[i], &s, problem);
    }
    json_arr_end(&j);
    if (a->args.json)
        printf("%s\n", buf_cstr(&out));
    buf_free(&out);
    return EXIT_OK;
}

/* Where things are: the data folder, the models folder, the configuration file, a model that a person named. */
#ifndef APP_PATHS_H
#define APP_PATHS_H

#include "app/app.h"

/* Fills a->data_dir: --data, HEARTH_DATA, $XDG_DATA_HOME/hearth, ~/.local/share/hearth. */
int paths_data(struct app *a, const char *const *env, struct err *e);
/* The configuration file: --config, HEARTH_CONFIG, or hearth.yaml of the data folder when it is there, else NULL. */
int paths_config(struct app *a, const char *const *env, const char **ret, struct err *e);
/* Fills a->models_dir from models.dir or the data folder. */
int paths_models(struct app *a, struct err *e);
/* Fills a->store_dir and a->key_file from store.* or, where these are empty, from the data folder and $XDG_CONFIG_HOME or
 * ~/.config. The default data folder has the key file `hearth/key` there; any other one a file of its own beside it, since a
 * key belongs to one folder. */
int paths_store(struct app *a, const char *const *env, struct err *e);

/* The file of a model: a path, or a name in the models folder with or without .gguf. *ret is in the configuration's
 * arena. ERR_NOENT with a sentence that says where was looked, and the nearest name. */
int model_path(struct app *a, const char *name, const char **ret, struct err *e);
/* "/a/b.gguf" → "b" */
struct str model_name_of(const char *path);
/* The .gguf files of the models folder in order of name; ERR_NOENT when there is no folder. */
int models_scan(struct app *a, const char *const **ret, size_t *ret_n, struct err *e);
/* Makes a folder and what is above it; existing ones are fine. */
int make_folders(const char *path, struct err *e);

#endif

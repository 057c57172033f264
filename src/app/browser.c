#include "app/browser.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

bool browser_there(void)
{
    return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
}

/* The shell in between ends at once, so that nobody has to wait for the browser's end; the address is an argument and not a
 * part of the command. */
bool browser_open(const char *address)
{
    extern char **environ;
    char sh[] = "sh", c[] = "-c", script[] = "command -v xdg-open >/dev/null || exit 1; xdg-open \"$1\" >/dev/null 2>&1 </dev/null &";
    char *argv[] = {sh, c, script, sh, (char *)address, NULL};
    pid_t child;
    int status;
    posix_spawn_file_actions_t files;
    if (posix_spawn_file_actions_init(&files))
        return false;
    int r = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!r)
        r = posix_spawn(&child, "/bin/sh", &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return !r && waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status);
}

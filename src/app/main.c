#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "doc/doc.h"

/* A program that was started without standard streams (`>&-`) would get their numbers for its own files and sockets, and
 * print into them. What takes their place here can be read, which ends at once, and not written to, which is reported. */
static void fill_standard_streams(void)
{
    while (true) {
        int fd = open("/dev/null", O_RDONLY);
        if (fd > STDERR_FILENO)
            close(fd);
        if (fd < 0 || fd > STDERR_FILENO)
            return;
    }
}

int main(int argc, char **argv)
{
    fill_standard_streams();
    if (argc == 2 && !strcmp(argv[1], DOC_HOST_VERB)) /* no verb of people's: the program has started itself */
        return doc_host();
    return app_main(argc, argv, (const char *const *)environ);
}

#include <unistd.h>

#include "app/app.h"

int main(int argc, char **argv)
{
    return app_main(argc, argv, (const char *const *)environ);
}

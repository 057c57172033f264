/* Between the caller's side (read.c) and the host (host.c): one request and one answer at a time on a socket of packets. */
#ifndef DOC_HOST_H
#define DOC_HOST_H

#include <sys/types.h>

#include "doc/doc.h"

enum { HOST_NAME_MAX = 255, HOST_SOCKET = 0 };

/* With two descriptors: the document, and the pipe that frames go to. */
struct host_request {
    struct doc_limits limits; /* none of them 0 */
    char name[HOST_NAME_MAX + 1];
};

/* How the document's processes ended. */
enum host_end {
    HOST_FINE,      /* the frames say all */
    HOST_FAILED,    /* the parser crashed */
    HOST_TIME,      /* its time was up */
    HOST_ENCRYPTED, /* pdftotext wants a password */
    HOST_BAD_PDF,   /* pdftotext cannot read it */
    HOST_NO_PDF,    /* pdftotext is not there */
    HOST_NO_CHILD,  /* no process could be made, or no wall put up */
};
struct host_answer {
    enum host_end end;
    int landlock_abi;
};

/* The host's process; 0: none runs. For tests. */
pid_t reader_host(const struct doc_reader *r);

/* ---- child.c: in the confined child. Reads `fd` to its end, writes frames to `out_fd`, returns the exit status. */
int child_run(int fd, int out_fd, const struct host_request *q, bool from_pdftotext);

#endif

#include <stdlib.h>

#include "model/toolform/impl.h"

enum { OUT_BYTES_MAX = GEN_TEXT_BYTES_MAX };

void toolform_out_init(struct toolform_out *o)
{
    *o = (struct toolform_out){.reasoning = buf_make(OUT_BYTES_MAX), .text = buf_make(OUT_BYTES_MAX), .bytes = buf_make(OUT_BYTES_MAX)};
}

void toolform_out_deinit(struct toolform_out *o)
{
    buf_free(&o->reasoning);
    buf_free(&o->text);
    buf_free(&o->bytes);
    free(o->pieces);
    *o = (struct toolform_out){0};
}

void toolform_out_clear(struct toolform_out *o)
{
    buf_clear(&o->reasoning);
    buf_clear(&o->text);
    buf_clear(&o->bytes);
    o->n_pieces = 0;
}

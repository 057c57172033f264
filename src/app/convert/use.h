/* The Universal Sentence Encoder lite, as TensorFlow.js has it, to GGUF of architecture "use" (model/encoder.h). */
#ifndef APP_CONVERT_USE_H
#define APP_CONVERT_USE_H

#include "app/convert/tfjs.h"
#include "tensor/type.h"

/* `vocab_json`: [["piece", score or null], …]. Matrices get `type` (F32, F16, BF16 or Q8_0). Writes `out`, or leaves nothing of it. What it
 * wrote has been opened once. */
int use_convert(const struct tfjs *t, struct str vocab_json, enum tensor_type type, const char *out, struct err *e);

#endif

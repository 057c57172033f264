/* The compilers of the formats that a request may ask for. Each returns an expression, and leaves its error in the builder. */
#ifndef ENGINE_GRAMMAR_FORMAT_H
#define ENGINE_GRAMMAR_FORMAT_H

#include "engine/grammar/build.h"

grammar_expr gbnf_expr(struct grammar_builder *b, struct str text);
grammar_expr schema_expr(struct grammar_builder *b, struct str text);

#endif

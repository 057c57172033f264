/* The parts of JSON that schemas are put together from. White space is bounded, so that no model can write it for ever: one space behind
 * a colon; where a line may be broken, one space or a new line with at most JSON_INDENT_MAX spaces or tabs. Numbers are bounded so that
 * every one of them is finite in binary64. */
#ifndef ENGINE_GRAMMAR_JSON_H
#define ENGINE_GRAMMAR_JSON_H

#include <jansson.h>

#include "engine/grammar/build.h"

enum { JSON_INDENT_MAX = 20, JSON_INTEGER_DIGITS_MAX = 18, JSON_FRACTION_DIGITS_MAX = 16 };

grammar_expr json_break_expr(struct grammar_builder *b); /* white space where a line may be broken, or nothing */
grammar_expr json_colon_expr(struct grammar_builder *b);
grammar_expr json_comma_expr(struct grammar_builder *b);
grammar_expr json_string_expr(struct grammar_builder *b, uint32_t min, uint32_t max); /* characters */
grammar_expr json_integer_expr(struct grammar_builder *b);
grammar_expr json_number_expr(struct grammar_builder *b);
grammar_expr json_value_expr(struct grammar_builder *b);  /* anything */
grammar_expr json_object_expr(struct grammar_builder *b); /* with anything in it */
grammar_expr json_array_expr(struct grammar_builder *b);  /* the same */
/* Exactly this value, white space apart. */
grammar_expr json_const_expr(struct grammar_builder *b, const json_t *v);
/* A string with its quotes, escaped as little as can be. */
grammar_expr json_literal_expr(struct grammar_builder *b, struct str s);

/* The forms of a character that must be escaped; of any of C0. */
grammar_expr json_escape_expr(struct grammar_builder *b, uint32_t cp);
grammar_expr json_control_expr(struct grammar_builder *b);

/* open [item (, item)*] close, with breaks: arrays and the like. */
grammar_expr json_list_expr(struct grammar_builder *b, char open, char close, grammar_expr item, uint32_t min, uint32_t max);

/* Parsed without duplicate keys and bounded in depth; NULL and the builder's error otherwise. The caller gives it back. */
json_t *json_parse_source(struct grammar_builder *b, struct str text, const char *what);

#endif

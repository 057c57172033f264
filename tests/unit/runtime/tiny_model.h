/* A model file that a test makes itself: llama, 2 layers of 32, byte tokens, random weights. Its text is noise, but valid. */
#ifndef TESTS_RUNTIME_TINY_MODEL_H
#define TESTS_RUNTIME_TINY_MODEL_H

enum { TINY_CONTEXT = 512, TINY_VOCAB = 3 + 256 + 95 };

/* Aborts when the file cannot be written. */
void tiny_model_write(const char *path);
/* A folder of the test's own below the working directory, made empty. */
void scratch_folder(const char *path);

#endif

/* What is kept of texts beyond the memory of the KV cache: full blocks go to disk while the engine has nothing else to do, and
 * come back when a text begins as one did before (kv_disk.h says how they are named and sealed).
 *
 * Only texts of some length are kept, since short ones are computed as fast as they are read. A block that leaves memory before
 * it was written is computed again one day, and that is all. Reading happens between steps, a bounded number of blocks at a time,
 * by all threads of the pool. Everything is on the engine's thread. */
#ifndef ENGINE_KEEP_H
#define ENGINE_KEEP_H

#include "engine/seq.h"

struct engine;

/* As engine_config has it; no keep when dir is NULL. A folder that cannot be used leaves an engine that keeps nothing, and a sentence in
 * en->warning: answers matter more. */
void keep_open(struct engine *en);
void keep_close(struct engine *en);

/* The sequence has begun with what memory holds of its text, and may find more of it on disk. */
void keep_begin(struct seq *s);
/* Before the next rows of a prompt are chosen: takes blocks from disk, if there are any that follow. True: as many as one step may take,
 * and there may be more, which are cheaper to wait for than to compute. */
bool keep_restore(struct engine *en, struct seq *s);
/* Blocks of the sequence were indexed: they will be written when there is time. */
void keep_note(struct engine *en, struct seq *s);
/* Writes one block; true: there are more. */
bool keep_write(struct engine *en);

#endif

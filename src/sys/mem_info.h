/* mem_info below a root that tests replace. For this room. */
#ifndef SYS_MEM_INFO_H
#define SYS_MEM_INFO_H

#include "sys/mem.h"

int mem_info_at(const char *root, struct mem_info *ret);

#endif

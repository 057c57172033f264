/* Detection with its sources named, so that tests give it a tree of their own. For this room. */
#ifndef SYS_CPU_INFO_H
#define SYS_CPU_INFO_H

#include <sched.h>

#include "sys/cpu.h"

/* Fills n_logical and n_physical from the processors in `allowed`, /sys topology and cgroup quotas below `root`. */
void cpu_count(const char *root, const cpu_set_t *allowed, struct cpu_info *info);

/* Fills in the level, the features and, where it is known, the model (cpu_x86.c, cpu_arm.c). */
void cpu_features(struct cpu_info *info);

#endif

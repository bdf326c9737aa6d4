#!/usr/bin/env -S MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=65536 MALLOC_TRIM_THRESHOLD_=131072 node --max-semi-space-size=2 --heap-growing-percent=30 --interrupt-budget=33792
// The command as it is installed. Plain JavaScript, because V8 reads its flags before anything is loaded; why these: docs/decisions/0121-flags-of-the-command.md.
import '../dist/bin/kurogane.js';

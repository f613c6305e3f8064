// SPDX-License-Identifier: GPL-2.0-only
// Mutant: a mapping within a word of a dirty bitmap overwrites what the word held: the bits of the mapping before it.
@@
expression map, shift;
identifier leftover;
@@
update_user_bitmap(...)
{
<...
- bitmap_or(map, map, &leftover, shift);
...>
}

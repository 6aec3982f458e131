/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Kernel audit: what root did to a user, told to the kernel's audit beside
 * Cloxxs' own record, as useradd(8) and its kind do, so that aureport(8) counts
 * it. It is a copy: where there is no such audit, or no right to write to it,
 * nothing is told, and nothing fails.
 */

/* What was done, by the method that did it; of another method nothing. */
void kernel_audit_tell(const char *method, const char *user);

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Key credential: the key where it is an encrypted credential of the daemon's
 * unit, decrypted by systemd-creds(1) for a program that root runs in the
 * daemon's place. It passes through memory and a pipe, never a file.
 */

#include "base/scope.h"

/*
 * A descriptor to read the key from, or -1 where there is a plain key file, or
 * no credential. -errno where there is one that cannot be decrypted.
 */
must_check int key_credential_open(int *ret_fd);

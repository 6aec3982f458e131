/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Outside: what the courier saw of the application's addresses, and where those
 * keep what they are told by whom it sends. What nobody looked at from there is
 * said to be so.
 */

#include "cloxxsctl/statement/evidence.h"

/*
 * What became of requests that a web application firewall stops: kept where all
 * of them were, at each address that was tried. False, with nothing said, where
 * none was.
 */
bool outside_look_firewall(const struct evidence *evidence,
			   struct answer *answer);
/* Names each way out with its location; the outcome stays. */
void outside_say_providers(const struct evidence *evidence,
			   struct answer *answer);

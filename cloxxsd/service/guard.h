/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Guard: which users an administrator leaves alone. Asked by the handlers of
 * nl.cloxxs.Admin after the method table let the caller in; root passes but
 * where nobody would be left to administer.
 */

#include "cloxxsd/service/service.h"

/*
 * Whether the caller may change user: root may; others not where he is
 * protected, or for emergencies. False: answered (RootOnly), and recorded.
 */
bool guard_may_change(struct service *service, struct varlink_call *call,
		      const struct user *user);
/* The same for locking and disabling, which a protected user is not spared. */
bool guard_may_keep_out(struct service *service, struct varlink_call *call,
			const struct user *user);
/* Whether root calls, for what message says; false: answered, recorded. */
bool guard_is_root(struct service *service, struct varlink_call *call,
		   const char *message);
/*
 * Whether somebody is left who can get in and administer when user no longer
 * can; false: answered (Conflict).
 */
bool guard_may_lose(struct service *service, struct varlink_call *call,
		    const struct user *user);
/* The same when user is to be as after, who may be no administrator then. */
bool guard_may_become(struct service *service, struct varlink_call *call,
		      const struct user *before, const struct user *after);

dnl SPDX-License-Identifier: GPL-3.0-or-later
dnl CLOXXS_FLAG(VARIABLE, FLAG): adds FLAG where the compiler and linker take it.
AC_DEFUN([CLOXXS_FLAG], [
	AS_VAR_PUSHDEF([cached], [cloxxs_cv_flag_$1_$2])
	AC_CACHE_CHECK([whether $CC takes $2], [cached], [
		cloxxs_save_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror $2"
		AC_LINK_IFELSE([AC_LANG_PROGRAM()],
			[AS_VAR_SET([cached], [yes])], [AS_VAR_SET([cached], [no])])
		CFLAGS=$cloxxs_save_CFLAGS
	])
	AS_VAR_IF([cached], [yes], [$1="$$1 $2"])
	AS_VAR_POPDEF([cached])
])

dnl CLOXXS_FLAGS: warnings, hardening and sanitizers for every object.
AC_DEFUN([CLOXXS_FLAGS], [
	WARN_CFLAGS="-Wall -Wextra -Wshadow -Wconversion -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wformat=2 -Wvla -Wundef"
	HARDEN_CFLAGS=
	HARDEN_LDFLAGS="-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack"
	AS_IF([test "$enable_sanitizers" = yes], [
		HARDEN_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
		AC_DEFINE([SANITIZED], [1], [Built with a sanitizer.])
	], [test "$enable_thread_sanitizer" = yes], [
		HARDEN_CFLAGS="-fsanitize=thread -fno-omit-frame-pointer"
		AC_DEFINE([SANITIZED], [1], [Built with a sanitizer.])
	], [
		HARDEN_LDFLAGS="$HARDEN_LDFLAGS -Wl,-z,defs"
		CLOXXS_FLAG([HARDEN_CFLAGS], [-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3])
		CLOXXS_FLAG([HARDEN_CFLAGS], [-fstack-protector-strong])
		CLOXXS_FLAG([HARDEN_CFLAGS], [-fstack-clash-protection])
		CLOXXS_FLAG([HARDEN_CFLAGS], [-fcf-protection])
		CLOXXS_FLAG([HARDEN_CFLAGS], [-ftrivial-auto-var-init=zero])
	])
	CLOXXS_FLAG([HARDEN_CFLAGS], [-fno-strict-overflow])
	CLOXXS_FLAG([HARDEN_CFLAGS], [-fvisibility=hidden])
	AS_IF([test "$enable_werror" = yes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
	AM_CONDITIONAL([SANITIZED], [test "$enable_sanitizers" = yes || test "$enable_thread_sanitizer" = yes])
	PROGRAM_CFLAGS="-fPIE"
	PROGRAM_LDFLAGS="-pie"
	AC_SUBST([WARN_CFLAGS])
	AC_SUBST([HARDEN_CFLAGS])
	AC_SUBST([HARDEN_LDFLAGS])
	AC_SUBST([PROGRAM_CFLAGS])
	AC_SUBST([PROGRAM_LDFLAGS])
])
